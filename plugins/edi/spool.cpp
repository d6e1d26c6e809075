#include "spool.hpp"

namespace gantry::edi {
namespace {

constexpr int kAttemptsMax = 100;

void put(const sdk::Host& host, const std::string& key, std::string_view value) {
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    std::uint64_t revision = host.kv_get(key).second;
    if (host.kv_put(key, value, revision)) return;
  }
  throw sdk::Failure(sdk::Status::kTransient, "the key-value store keeps changing: " + key);
}

[[noreturn]] void lost() {
  throw sdk::Failure(sdk::Status::kData,
                     "what was to be acknowledged is gone from the key-value store; hand the file "
                     "in again");
}

}  // namespace

void Spool::append(std::string_view text) {
  tail_ += text;
  std::size_t at = 0;
  for (; tail_.size() - at > kPiece; at += kPiece, ++pieces_) {
    put(host_, key(pieces_), std::string_view(tail_).substr(at, kPiece));
  }
  tail_.erase(0, at);
}

std::string Spool::range(std::uint64_t from, std::uint64_t to) const {
  std::string out;
  std::uint64_t piece = from / kPiece;
  std::size_t skip = from % kPiece;
  while (out.size() < to - from) {
    if (piece > pieces_) lost();
    const std::string text = piece < pieces_ ? read(piece) : tail_;
    if (skip >= text.size()) lost();
    out += std::string_view(text).substr(skip, to - from - out.size());
    skip = 0;
    ++piece;
  }
  return out;
}

std::string Spool::read(std::uint64_t piece) const {
  std::string text = host_.kv_get(key(piece)).first;
  if (text.size() != kPiece) lost();
  return text;
}

void Spool::clear() {
  for (; pieces_ > 0; --pieces_) put(host_, key(pieces_ - 1), {});
  tail_.clear();
}

void Spool::restore(std::uint64_t pieces, std::string tail) {
  pieces_ = pieces;
  tail_ = std::move(tail);
}

}  // namespace gantry::edi
