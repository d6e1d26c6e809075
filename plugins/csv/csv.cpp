/// The CSV connector's entry: one source per partner and kind of file.

#include <gantry/sdk/entry.hpp>
#include <gantry/sdk/text.hpp>

#include "check.hpp"
#include "probe.hpp"
#include "reader.hpp"
#include "settings.hpp"

namespace gantry::csv {

class CsvSource {
 public:
  explicit CsvSource(const sdk::Setup& setup)
      : host_(setup.host), settings_(read_settings(setup.config)) {}

  int probe(const sdk::FileInfo& info, std::string_view head) const {
    return csv::probe(settings_, info.name, head);
  }

  sdk::OpenedFile open_file(const sdk::Call&, const sdk::FileInfo& info,
                            std::string_view cursor) const {
    if (info.size != UINT64_MAX && info.size > settings_.file_bytes_max) {
      throw sdk::Failure(sdk::Status::kData, "the file has " + std::to_string(info.size) +
                                                 " bytes, more than file_bytes_max of " +
                                                 std::to_string(settings_.file_bytes_max));
    }
    std::optional<Progress> progress;
    if (!cursor.empty()) progress = read_cursor(cursor, info.sha256, settings_);
    const std::uint64_t offset = progress ? progress->offset : 0;
    return {std::make_unique<Reader>(settings_, host_, info, std::move(progress)), offset};
  }

  void check(sdk::Report& report) const { check_settings(settings_, report); }

 private:
  const sdk::Host host_;
  const Settings settings_;
};

}  // namespace gantry::csv

GANTRY_PLUGIN(gantry::csv::CsvSource);
