#include "host/models/minilm_embedder.hpp"

#include <dlfcn.h>

#include <array>

#include "host/models/minilm/gantry_minilm.h"

namespace gantry::models {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibrary = "libgantry_minilm.so";
constexpr std::array kParts{kLibrary, "libonnxruntime.so", "model.onnx", "vocab.txt"};
constexpr std::size_t kWhyMax = 500;

template <class Function>
Function* find(void* handle, const char* name) {
  return reinterpret_cast<Function*>(dlsym(handle, name));
}

}  // namespace

struct MiniLmEmbedder::Library {
  gm_embed_fn* embed = nullptr;
  gm_close_fn* close = nullptr;
  gm_model* model = nullptr;

  ~Library() { close(model); }  // the code stays: ONNX Runtime has threads and statics of its own
};

Result<std::unique_ptr<MiniLmEmbedder>> MiniLmEmbedder::open(const fs::path& folder) {
  const auto refused = [&](const std::string& why) {
    return Error{ErrorKind::kUnsupported,
                 "the model in " + folder.string() + " cannot be used: " + why};
  };
  std::error_code problem;
  for (const char* part : kParts) {
    if (!fs::exists(folder / part, problem)) {
      return refused(std::string(part) + " is missing; tools/setup.sh fetches it");
    }
  }
  const std::string file = (folder / kLibrary).string();
  void* handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle == nullptr) return refused(dlerror());
  auto* open_model = find<gm_open_fn>(handle, "gm_open");
  auto* embed = find<gm_embed_fn>(handle, "gm_embed");
  auto* close = find<gm_close_fn>(handle, "gm_close");
  if (open_model == nullptr || embed == nullptr || close == nullptr) {
    return refused(std::string(kLibrary) + " is not ours");
  }
  std::array<char, kWhyMax> why{};
  gm_model* model = nullptr;
  if (open_model(folder.c_str(), &model, why.data(), why.size()) != 0) return refused(why.data());
  auto library = std::make_unique<Library>();
  library->embed = embed;
  library->close = close;
  library->model = model;
  return std::unique_ptr<MiniLmEmbedder>(new MiniLmEmbedder(std::move(library)));
}

MiniLmEmbedder::MiniLmEmbedder(std::unique_ptr<Library> library) : library_(std::move(library)) {}
MiniLmEmbedder::~MiniLmEmbedder() = default;

std::size_t MiniLmEmbedder::dimension() const { return GM_DIMENSION; }

Result<std::vector<pipeline::Vector>> MiniLmEmbedder::embed(
    std::span<const std::string_view> texts) const {
  std::vector<pipeline::Vector> out;
  out.reserve(texts.size());
  for (const std::string_view text : texts) {
    pipeline::Vector vector(GM_DIMENSION);
    std::array<char, kWhyMax> why{};
    if (library_->embed(library_->model, text.data(), text.size(), vector.data(), why.data(),
                        why.size()) != 0) {
      return Error{ErrorKind::kInternal, "the embedding model failed: " + std::string(why.data())};
    }
    out.push_back(std::move(vector));
  }
  return out;
}

fs::path find_minilm() {
  std::error_code problem;
  const fs::path program = fs::read_symlink("/proc/self/exe", problem).parent_path();
  for (const fs::path& folder : {program / "minilm", program.parent_path() / "lib/gantry/minilm"}) {
    if (fs::exists(folder / kLibrary, problem)) return folder;
  }
  return {};
}

}  // namespace gantry::models
