#include "host/cli/progress.hpp"

#include <algorithm>

namespace gantry::cli {
namespace {
constexpr std::uint64_t kBar = 24;
constexpr std::chrono::milliseconds kRest{100};
}  // namespace

Progress::Progress(Terminal& terminal, std::string label, std::uint64_t total)
    : terminal_(terminal), label_(std::move(label)), total_(total) {
  draw();
}

Progress::~Progress() {
  // Carriage return and "erase to the end of the line".
  if (terminal_.abilities().progress) terminal_.err() << "\r\x1b[K" << std::flush;
}

void Progress::advance(std::uint64_t to) {
  at_ = to;
  if (std::chrono::steady_clock::now() - drawn_ >= kRest) draw();
}

void Progress::draw() {
  if (!terminal_.abilities().progress) return;
  drawn_ = std::chrono::steady_clock::now();
  std::string line = label_ + ' ';
  if (total_ == 0) {
    line += std::to_string(at_);
  } else {
    const std::uint64_t full = std::min(at_, total_) * kBar / total_;
    const bool utf8 = terminal_.abilities().utf8;
    for (std::uint64_t i = 0; i < kBar; ++i) {
      line += i < full ? (utf8 ? "█" : "#") : (utf8 ? "░" : ".");
    }
    line += ' ' + std::to_string(std::min(at_, total_) * 100 / total_) + " %  " +
            std::to_string(at_) + '/' + std::to_string(total_);
  }
  terminal_.err() << '\r' << line << "\x1b[K" << std::flush;
}

}  // namespace gantry::cli
