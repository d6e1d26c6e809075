#pragma once

#include <string>

#include "tests/unit/files/support.hpp"

namespace gantry::files::test {

/// What a host does with four files and one archive: claims them, puts an acknowledgement out for
/// each, archives the good ones and rejects what holds "bad". The same call again goes on.
inline void work(const std::filesystem::path& directory) {
  RoomsOptions options;
  options.ledger = directory / "files.db";
  auto rooms = Rooms::open(std::move(options)).value();
  config::SourceConfig source;
  source.id = "carrier";
  source.files = settings(directory / "in");
  source.files.ready = config::FileReady::kMarker;
  if (const auto failed = rooms->apply({&source, 1}); !failed.empty()) std::abort();
  for (;;) {
    const auto files = rooms->claim("carrier", "run-1", 2).value();
    if (files.empty()) return;
    for (const BatchFile& file : files) {
      auto content = rooms->open("carrier", file, 0).value();
      std::string bytes(1000, '\0');
      bytes.resize(content->read(bytes).value());
      rooms->put_outbox("carrier", file, "ack-" + bytes + ".txt", "ack of " + bytes).value();
      if (bytes.starts_with("bad")) {
        rooms->reject("carrier", file, "holds bad").value();
      } else {
        rooms->archive("carrier", file).value();
      }
    }
  }
}

}  // namespace gantry::files::test
