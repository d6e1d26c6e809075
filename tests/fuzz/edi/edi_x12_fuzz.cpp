/// Any bytes as an X12 file. The first byte picks a profile and the size of the pieces, the second
/// where an ISA and a group stand before the rest, so that most inputs get past the envelope.

#include "tests/fuzz/edi/edi_laws.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  constexpr std::string_view kHeader =
      "ISA*00*          *00*          *ZZ*ACMEFOODS      *02*QLHT           *260114*0915*U*00401*"
      "000000417*1*T*>~GS*SM*ACMEFOODS*QLHT*20260114*0915*417*X*004010~";
  gantry::edi_test::check_laws(data[0],
                               (data[1] % 2 == 0 ? std::string(kHeader) : "") + std::string(rest));
  return 0;
}
