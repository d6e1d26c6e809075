#include "tests/unit/stores/conformance/backend.hpp"

#include <cmath>

#include "host/base/digest.hpp"

namespace gantry::stores::conformance {

pipeline::Vector vector_of(std::string_view marker) {
  const std::string digest = sha256(marker);
  pipeline::Vector out(16);
  double squares = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<float>(static_cast<signed char>(digest[i]));
    squares += static_cast<double>(out[i]) * static_cast<double>(out[i]);
  }
  for (float& value : out) value /= static_cast<float>(std::sqrt(squares));
  return out;
}

IngestedDocument make_item(std::string_view id, std::int64_t version, std::string_view marker) {
  IngestedDocument item;
  Document& d = item.document;
  d.id = id;
  d.source = "test";
  d.kind = "message";
  d.title = "Title";
  d.text = "words of " + std::string(marker);
  d.content_type = "text/plain";
  d.participants = {{"from", "Ann", "ann@example.com", "p1"}};
  d.metadata = R"({"a":1})";
  d.raw = std::string("raw\0bytes", 9);
  d.version = version;
  item.parsed = {d.text, "text/plain", "utf-8", "", {{0, d.text.size()}}};
  item.entities = {{"load", std::string(marker), std::string(marker), 9, 9 + marker.size(), 0.9}};
  item.embeddings = {std::string(kModel), 16, {vector_of(marker)}};
  return item;
}

IngestedDocument make_tombstone(std::string_view id, std::int64_t version) {
  IngestedDocument item;
  item.document.id = id;
  item.document.source = "test";
  item.document.kind = "message";
  item.document.version = version;
  item.document.deleted = true;
  return item;
}

IngestedDocument make_purge(std::string_view id, std::int64_t version) {
  IngestedDocument item = make_tombstone(id, version);
  item.document.purged = true;
  return item;
}

Write make_write(const IngestedDocument& item, std::string operation, std::int64_t fence) {
  return {&item, {std::move(operation), fence}, idempotency_key(item)};
}

}  // namespace gantry::stores::conformance
