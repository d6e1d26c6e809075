/// The EDI connector's entry: one source per folder of carrier files.

#include <gantry/sdk/entry.hpp>

#include "check.hpp"
#include "edi_file.hpp"
#include "settings.hpp"

namespace gantry::edi {

class EdiSource {
 public:
  explicit EdiSource(const sdk::Setup& setup)
      : host_(setup.host), settings_(read_settings(setup.config)) {}

  int probe(const sdk::FileInfo&, std::string_view head) const { return edi::probe(head); }

  sdk::OpenedFile open_file(const sdk::Call&, const sdk::FileInfo& info,
                            std::string_view cursor) const {
    auto file = std::make_unique<EdiFile>(host_, settings_, info);
    const std::uint64_t offset = cursor.empty() ? 0 : file->resume(cursor);
    return {std::move(file), offset};
  }

  void check(sdk::Report& report) const { check_settings(host_, settings_, report); }

 private:
  const sdk::Host host_;
  const Settings settings_;
};

}  // namespace gantry::edi

GANTRY_PLUGIN(gantry::edi::EdiSource);
