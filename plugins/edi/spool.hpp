#pragma once

#include <gantry/sdk/host.hpp>
#include <string>
#include <string_view>

namespace gantry::edi {

/// Text that waits for the end of a file, such as what is to be answered. Past 12 KiB it moves into
/// the host's key-value store, so that a file of 100,000 interchanges holds neither memory nor a
/// long cursor. [blocking], one thread.
class Spool {
 public:
  /// `prefix` names the spool, `file` the file among those of the source.
  Spool(const sdk::Host& host, std::string_view prefix, std::string_view file)
      : host_(host), prefix_(std::string(prefix) + '/' + std::string(file) + '/') {}

  void append(std::string_view text);
  std::uint64_t size() const { return pieces_ * kPiece + tail_.size(); }
  /// What was appended from `from` up to `to`. Throws Failure(kData) where the store lost it.
  std::string range(std::uint64_t from, std::uint64_t to) const;
  /// Calls `visit` with each line, in order.
  template <class Visit>
  void each(Visit&& visit) const {
    std::string rest;
    for (std::uint64_t piece = 0; piece <= pieces_; ++piece) {
      rest += piece < pieces_ ? read(piece) : tail_;
      std::size_t at = 0;
      for (auto end = rest.find('\n'); end != std::string::npos; end = rest.find('\n', at)) {
        visit(std::string_view(rest).substr(at, end - at));
        at = end + 1;
      }
      rest.erase(0, at);
    }
  }
  /// Takes the stored pieces away.
  void clear();

  /// For the cursor: how many pieces are stored, and what is not.
  std::uint64_t pieces() const { return pieces_; }
  const std::string& tail() const { return tail_; }
  void restore(std::uint64_t pieces, std::string tail);

 private:
  static constexpr std::size_t kPiece = 12 * 1024;

  std::string key(std::uint64_t piece) const { return prefix_ + std::to_string(piece); }
  std::string read(std::uint64_t piece) const;

  const sdk::Host host_;
  const std::string prefix_;
  std::uint64_t pieces_ = 0;
  std::string tail_;
};

}  // namespace gantry::edi
