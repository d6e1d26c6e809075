#include "edi_file.hpp"

#include <gantry/sdk/cursor.hpp>
#include <gantry/sdk/text.hpp>

#include "answers.hpp"

namespace gantry::edi {
namespace {

using sdk::Json;

constexpr std::string_view kBom = "\xEF\xBB\xBF";
constexpr std::size_t kGarbagePiece = 256 * 1024;
constexpr std::size_t kCursorMax = 60 * 1024;  // The host takes 64 KiB.
// A set's record is several times its bytes, and the host takes 64 MiB of them without a
// checkpoint.
constexpr std::uint64_t kCheckpointBytes = 4 * 1024 * 1024;
constexpr std::size_t kCompactAt = 256 * 1024;
constexpr std::size_t kHashDigits = 16;
constexpr std::size_t kHeadBlankMax = 1024;

/// A file's name among those of the source: the content's hash, or the name where the host knows
/// none.
std::string file_id(const sdk::Host& host, const sdk::FileInfo& info) {
  if (info.sha256.size() >= kHashDigits) return std::string(info.sha256.substr(0, kHashDigits));
  const auto digest = host.digest(sdk::Hash::kSha256, {info.name, "|", std::to_string(info.size)});
  return sdk::to_hex(digest.view().substr(0, kHashDigits / 2));
}

}  // namespace

int probe(std::string_view head) {
  if (head.starts_with(kBom)) head.remove_prefix(kBom.size());
  std::size_t blank = 0;
  while (blank < head.size() && blank < kHeadBlankMax && is_white(head[blank])) ++blank;
  head.remove_prefix(blank);
  if (starts_isa(head)) {
    IsaSegment isa;
    return read_isa(head, true, isa) == IsaReading::kDone ? 100 : 40;
  }
  if (starts_edifact(head)) return 100;
  return 0;
}

EdiFile::EdiFile(const sdk::Host& host, const Settings& settings, const sdk::FileInfo& info)
    : context_(host, settings, file_id(host, info)), x12_(context_), edifact_(context_) {}

void EdiFile::advance(std::size_t count) {
  read_ += count;
  context_.offset += count;
  if (read_ < kCompactAt && read_ != buffer_.size()) return;
  buffer_.erase(0, read_);
  read_ = 0;
}

void EdiFile::feed(std::string_view chunk, sdk::Sink& sink) {
  if (stopped_) return;
  buffer_ += chunk;
  pump(false, sink);
}

void EdiFile::finish(sdk::Sink& sink, sdk::Outbox& outbox) {
  if (stopped_) return;
  pump(true, sink);
  if (stopped_) return;
  context_.intake.flush();
  write_answers(context_, outbox);
  if (!any_interchange_ && context_.broken.empty()) {
    context_.breaks("the file holds no interchange: it begins with neither ISA, UNA nor UNB");
  }
  if (!context_.broken.empty()) throw sdk::Failure(sdk::Status::kData, context_.broken);
}

void EdiFile::pump(bool last, sdk::Sink& sink) {
  while (!stopped_) {
    sink.call().throw_if_cancelled();
    const bool go_on =
        mode_ == Mode::kOutside ? look_for_start(last, sink) : read_interchange(last, sink);
    if (!go_on) break;
  }
}

bool EdiFile::read_interchange(bool last, sdk::Sink& sink) {
  std::size_t consumed = 0;
  const Step step = mode_ == Mode::kX12 ? x12_.read(rest(), last, sink, consumed)
                                        : edifact_.read(rest(), last, sink, consumed);
  if (step == Step::kStop) {
    stopped_ = true;
    return false;
  }
  advance(consumed);
  if (step == Step::kOutside) mode_ = Mode::kOutside;
  if (step == Step::kBoundary || step == Step::kOutside) {
    sink.call().progress();
    maybe_checkpoint(sink);
    return true;
  }
  if (!last) return false;
  const bool go_on =
      mode_ == Mode::kX12 ? x12_.cut_off(rest(), sink) : edifact_.cut_off(rest(), sink);
  advance(rest().size());
  mode_ = Mode::kOutside;
  stopped_ = !go_on;
  return false;
}

bool EdiFile::start_at(std::string_view text, bool last, bool& wait) {
  wait = false;
  if (text.size() < 4 && !last) {
    wait = true;
    return false;
  }
  if (starts_isa(text)) {
    IsaSegment isa;
    const IsaReading reading = read_isa(text, last, isa);
    wait = reading == IsaReading::kNeedMore;
    if (reading != IsaReading::kDone) return false;
    x12_.begin(isa, text.substr(0, isa.size));
    advance(isa.size);
    mode_ = Mode::kX12;
    return true;
  }
  if (!starts_edifact(text)) return false;
  std::size_t consumed = 0;
  const EdifactReader::Start start = edifact_.begin(text, last, consumed);
  wait = start == EdifactReader::Start::kNeedMore;
  if (start != EdifactReader::Start::kDone) return false;
  advance(consumed);
  mode_ = Mode::kEdifact;
  return true;
}

bool EdiFile::look_for_start(bool last, sdk::Sink& sink) {
  for (;;) {
    const std::string_view text = rest();
    if (garbage_ == 0) {
      std::size_t blank = 0;
      while (blank < text.size() && is_white(text[blank])) ++blank;
      if (blank > 0) {
        advance(blank);
        continue;
      }
      if (kBom.starts_with(text.substr(0, kBom.size())) && !text.empty()) {
        if (text.size() < kBom.size() && !last) return false;
        if (text.starts_with(kBom)) {
          context_.byte_order_mark = true;
          advance(kBom.size());
          continue;
        }
      }
    }
    if (garbage_ >= text.size()) {
      if (last && garbage_ > 0) reject_garbage(garbage_, sink);
      return false;
    }
    // A start in the middle of other text counts only where no word runs into it.
    const char before = garbage_ == 0 ? ' ' : text[garbage_ - 1];
    bool wait = false;
    if (!is_alnum(before)) {
      const std::size_t skipped = garbage_;
      if (skipped > 0) {
        // The reader begins at what it is given; what stands before it goes first.
        IsaSegment isa;
        const std::string_view tail = text.substr(skipped);
        const bool x12 = starts_isa(tail);
        const IsaReading reading = x12 ? read_isa(tail, last, isa) : IsaReading::kNotIsa;
        wait = reading == IsaReading::kNeedMore || (tail.size() < 4 && !last);
        if (!wait && (reading == IsaReading::kDone || starts_edifact(tail))) {
          if (!reject_garbage(skipped, sink)) return false;
          continue;
        }
      } else if (start_at(text, last, wait)) {
        any_interchange_ = true;
        return true;
      }
    }
    if (wait) return false;
    ++garbage_;
    if (garbage_ == kGarbagePiece && !reject_garbage(garbage_, sink)) return false;
  }
}

bool EdiFile::reject_garbage(std::size_t size, sdk::Sink& sink) {
  const std::string_view bytes = rest().substr(0, size);
  context_.breaks(std::to_string(size) + " bytes at byte " + std::to_string(context_.offset) +
                  " are no interchange: neither ISA, UNA nor UNB begins there");
  const bool go_on = context_.intake.reject(bytes, "text outside any interchange", nullptr, sink);
  advance(size);
  garbage_ = 0;
  stopped_ = !go_on;
  if (go_on) maybe_checkpoint(sink);
  return !stopped_;
}

std::string EdiFile::cursor() {
  Json out = sdk::new_cursor();
  out.set("file", context_.file);
  out.set("offset", static_cast<std::int64_t>(context_.offset));
  out.set("ordinal", std::int64_t{context_.ordinal});
  out.set("any", any_interchange_);
  out.set_if("broken", context_.broken);
  for (const auto& [name, spool] : spools()) {
    Json part = Json::object();
    part.set("pieces", static_cast<std::int64_t>(spool->pieces()));
    // A piece may have ended inside a character.
    const bool plain = sdk::is_utf8(spool->tail());
    part.set_if(plain ? "tail" : "tail_hex", plain ? spool->tail() : sdk::to_hex(spool->tail()));
    out.set(name, std::move(part));
  }
  if (mode_ == Mode::kX12) out.set("x12", x12_.state());
  if (mode_ == Mode::kEdifact) out.set("edifact", edifact_.state());
  return out.dump();
}

void EdiFile::maybe_checkpoint(sdk::Sink& sink) {
  const bool at_boundary = mode_ == Mode::kOutside ||
                           (mode_ == Mode::kX12 ? x12_.at_boundary() : edifact_.at_boundary());
  const bool due = ++boundaries_ >= context_.settings.checkpoint_sets ||
                   context_.offset - checkpoint_at_ >= kCheckpointBytes;
  if (!due || !at_boundary || context_.intake.holds_records()) return;
  boundaries_ = 0;
  checkpoint_at_ = context_.offset;
  const std::string text = cursor();
  if (text.size() > kCursorMax) {
    // A header of many kilobytes: the next chance is where it no longer has to be kept.
    if (!checkpoints_skipped_) {
      context_.host.log(sdk::LogLevel::kInfo, "edi_checkpoint_too_large",
                        {{"bytes", std::to_string(text.size())}});
    }
    checkpoints_skipped_ = true;
    return;
  }
  context_.intake.flush();
  stopped_ = !sink.checkpoint(text);
}

std::uint64_t EdiFile::resume(std::string_view cursor) {
  const Json state = sdk::read_cursor(cursor);
  if (state["file"].text() != context_.file) sdk::refuse_cursor("is of another file");
  context_.offset = static_cast<std::uint64_t>(sdk::cursor_number(state["offset"]));
  context_.ordinal = static_cast<std::uint32_t>(sdk::cursor_number(state["ordinal"], UINT32_MAX));
  any_interchange_ = state["any"].truth();
  context_.broken = state["broken"].text();
  for (const auto& [name, spool] : spools()) {
    const Json& part = state[name];
    std::string tail(part["tail"].text());
    if (tail.empty()) tail = sdk::from_hex(part["tail_hex"].text()).value_or("");
    spool->restore(number_in(part["pieces"].text()), std::move(tail));
  }
  if (!state["x12"].is_null()) {
    mode_ = Mode::kX12;
    x12_.restore(state["x12"]);
  } else if (!state["edifact"].is_null()) {
    mode_ = Mode::kEdifact;
    edifact_.restore(state["edifact"]);
  }
  checkpoint_at_ = context_.offset;
  return context_.offset;
}

}  // namespace gantry::edi
