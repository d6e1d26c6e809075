#pragma once

#include <cstddef>
#include <functional>
#include <string_view>

#include "host/base/error.hpp"
#include "host/pipeline/parsers.hpp"
#include "host/pipeline/xml_events.hpp"

namespace gantry::pipeline {

/// The parts of a DOCX or XLSX (ECMA-376 part 2): XML files in a zip, read in memory. Only what is
/// asked for is unpacked, in pieces, within the limits on entries, bytes and ratio; archives
/// inside are never opened. Borrows `bytes` and `context`.
class OfficePackage {
 public:
  OfficePackage(std::string_view bytes, const ParseContext& context)
      : bytes_(bytes), context_(context) {}

  /// The handler for a part, or null to pass it over.
  using Select = std::function<XmlHandler*(std::string_view name)>;

  /// Walks over all parts in the order of the file. May be called again for a second walk.
  /// kInvalid where the file is cut off, damaged or encrypted, or a part is no sound XML.
  Result<void> read(const Select& select);

  /// Stops the walk: a handler's output exceeds the limit. [any-thread]
  Result<void> check_output(std::size_t bytes) const;

 private:
  Result<void> unpack(void* archive, std::string_view name, XmlHandler& handler);
  Result<void> count(std::size_t bytes);

  std::string_view bytes_;
  const ParseContext& context_;
  std::size_t unpacked_ = 0;
};

}  // namespace gantry::pipeline
