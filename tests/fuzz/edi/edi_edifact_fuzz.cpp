/// Any bytes as an EDIFACT file. The first byte picks a profile and the size of the pieces, the
/// second whether an UNB stands before the rest, so that most inputs get past the envelope.

#include "tests/fuzz/edi/edi_laws.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  constexpr std::string_view kHeader = "UNB+UNOC:3+QLHT:02+ACMEFOODS:ZZ+260114:0915+78'";
  gantry::edi_test::check_laws(data[0],
                               (data[1] % 2 == 0 ? std::string(kHeader) : "") + std::string(rest));
  return 0;
}
