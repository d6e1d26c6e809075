#include <cmath>
#include <nlohmann/json.hpp>

#include "host/pipeline/openai.hpp"
#include "host/pipeline/openai_answer.hpp"

namespace gantry::pipeline::openai {
namespace {

constexpr double kNumberMax = 1e18;  // its square still fits a float

/// Numbers of a list as a vector of length 1; empty where they are none.
Vector unit_vector(const Json& numbers) {
  Vector out;
  double squares = 0;
  for (const Json& number : numbers) {
    if (!number.is_number()) return {};
    const auto value = number.get<double>();
    if (std::abs(value) > kNumberMax) return {};
    squares += value * value;
    out.push_back(static_cast<float>(value));
  }
  if (!std::isfinite(squares) || squares <= 0) return {};
  const double length = std::sqrt(squares);
  for (float& value : out) value = static_cast<float>(static_cast<double>(value) / length);
  return out;
}

}  // namespace

std::string embedding_request(std::string_view model, std::span<const std::string_view> texts) {
  Json input = Json::array();
  for (const std::string_view text : texts) input.push_back(text);
  return dump_json({{"model", model}, {"input", std::move(input)}, {"encoding_format", "float"}});
}

Result<EmbeddingAnswer> read_embeddings(std::string_view body, std::size_t texts,
                                        std::size_t dimension) {
  const auto answer = parse_json(body);
  if (!answer) return malformed("it is no JSON");
  const Json* data = member(*answer, "data");
  if (data == nullptr || !data->is_array()) return malformed("it has no list \"data\"");
  if (data->size() != texts) {
    return malformed(std::to_string(data->size()) + " vectors for " + std::to_string(texts) +
                     " texts");
  }
  EmbeddingAnswer out{std::vector<Vector>(texts), usage_of(*answer)};
  for (const Json& item : *data) {
    const Json* index = member(item, "index");
    const Json* numbers = member(item, "embedding");
    if (index == nullptr || !index->is_number_unsigned() || numbers == nullptr ||
        !numbers->is_array()) {
      return malformed("an item has no index or no embedding");
    }
    const auto at = index->get<std::uint64_t>();
    if (at >= texts || !out.vectors[at].empty()) return malformed("an index is wrong or doubled");
    if (numbers->size() != dimension) {
      return Error{ErrorKind::kInvalid,
                   "the embedding model gives " + std::to_string(numbers->size()) +
                       " numbers, embedding.dimension says " + std::to_string(dimension) +
                       ": set it to what the model gives, then embed what is stored again"};
    }
    out.vectors[at] = unit_vector(*numbers);
    if (out.vectors[at].empty()) return malformed("a vector is zero or not finite");
  }
  return out;
}

}  // namespace gantry::pipeline::openai
