#pragma once

#include <filesystem>
#include <memory>

#include "host/pipeline/embedder.hpp"

namespace gantry::models {

/// all-MiniLM-L6-v2, a language model of 22 million numbers on this machine: 384 dimensions, the
/// mean of the word pieces, one text at a time on one thread. It reads English best and at most 256
/// word pieces of a chunk. [any-thread]
class MiniLmEmbedder final : public pipeline::Embedder {
 public:
  /// Opens libgantry_minilm.so of `folder`, which loads ONNX Runtime and the model beside it. The
  /// error names the folder and what it lacks. [blocking]
  static Result<std::unique_ptr<MiniLmEmbedder>> open(const std::filesystem::path& folder);
  ~MiniLmEmbedder() override;

  static constexpr std::string_view kModel = "all-MiniLM-L6-v2-int8";
  std::string_view model() const override { return kModel; }
  std::size_t dimension() const override;
  Result<std::vector<pipeline::Vector>> embed(
      std::span<const std::string_view> texts) const override;

 private:
  struct Library;
  explicit MiniLmEmbedder(std::unique_ptr<Library> library);
  std::unique_ptr<Library> library_;
};

/// Where the model is installed: `minilm` beside the program (a build) or ../lib/gantry/minilm
/// (an installation); empty where it is in neither. [blocking]
std::filesystem::path find_minilm();

}  // namespace gantry::models
