/// gantry-pdf-text: the words of the PDF on standard input, for the host, which trusts no PDF.
///
///   gantry-pdf-text PAGES_MAX TEXT_BYTES_MAX SECONDS MEMORY_MIB <in.pdf
///
/// Writes "text", the title and the words, or "refused" and the reason, by lines. Exit code 0 with
/// either; kWrongUse, kNoMemory, kNoSandbox; anything else is poppler's.

#include <iconv.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "host/pipeline/pdf/confine.hpp"
#include "host/pipeline/pdf/extract.hpp"

namespace {

using gantry::pipeline::pdf::Extract;

std::string read_all(int fd) {
  std::string bytes;
  std::array<char, 64 * 1024> piece;
  ::ssize_t got = 0;
  while ((got = ::read(fd, piece.data(), piece.size())) > 0) {
    bytes.append(piece.data(), static_cast<std::size_t>(got));
  }
  return bytes;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ::ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return true;
}

std::string one_line(std::string text) {
  for (char& c : text) c = c == '\n' ? ' ' : c;
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  namespace pdf = gantry::pipeline::pdf;
  if (argc != 5) {
    std::fputs("usage: gantry-pdf-text PAGES_MAX TEXT_BYTES_MAX SECONDS MEMORY_MIB <in.pdf\n",
               stderr);
    return pdf::kWrongUse;
  }
  constexpr long kFrame = 64 * 1024;
  const long text_max = std::atol(argv[2]);
  if (!pdf::set_bounds({std::atoi(argv[3]), std::atoi(argv[4]), text_max + kFrame})) {
    return pdf::kNoSandbox;
  }
  const std::string bytes = read_all(STDIN_FILENO);
  // Poppler converts through iconv, whose tables are files: open while files can be.
  const iconv_t kept[] = {::iconv_open("UTF-16", "UTF-8"), ::iconv_open("UTF-8", "UTF-16")};
  if (!pdf::enter_sandbox()) return pdf::kNoSandbox;
  const Extract found = pdf::extract(bytes, std::atoi(argv[1]), static_cast<std::size_t>(text_max));
  const std::string answer = found.refusal.empty()
                                 ? "text\n" + one_line(found.title) + "\n" + found.text
                                 : "refused\n" + found.refusal;
  const bool said = write_all(STDOUT_FILENO, answer);
  for (const iconv_t handle : kept) ::iconv_close(handle);
  return said ? 0 : 1;
}
