#pragma once

#include "host/activities/intake.hpp"
#include "host/contracts/batch.hpp"
#include "host/contracts/file_room.hpp"

namespace gantry::activities {

/// `fetch_batch_files`, `parse_batch_file` and `settle_batch_file`: files from their room through
/// their connector into staging, in memory that does not grow with the file.
///
/// A call reads up to its budget and gives the cursor from which the next one goes on; a try that
/// died goes on from its last heartbeat. A file that is wrong (DATA, or no connector's) comes back
/// as an interruption or a failure that nobody tries again. [any-thread] [blocking]
class FileReader {
 public:
  FileReader(const FlowPorts& ports, FileRoom& room) : ports_(ports), room_(room) {}

  Result<FetchedFiles> fetch(const FetchFilesInput& input) const;
  plugins::PluginResult<RecordPage> parse(const ParseFileInput& input, const Try& attempt) const;
  Result<void> settle(const SettleFileInput& input) const;

 private:
  /// Feeds the file from its cursor on; true in `ended` once the connector has seen all of it.
  plugins::PluginResult<void> read(const plugins::Source& source, const ParseFileInput& input,
                                   Intake& intake, const Try& attempt) const;

  const FlowPorts ports_;
  FileRoom& room_;
};

}  // namespace gantry::activities
