#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" {  // the header of glibc 2.36 forgot it
#include <sys/pidfd.h>
}

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "host/base/encoding.hpp"
#include "host/pipeline/parsers.hpp"
#include "host/pipeline/pdf/confine.hpp"

namespace gantry::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Beyond processor time: a machine that gives us none must not hold a worker for ever.
constexpr milliseconds kPatience{25'000};

/// How the dynamic linker ends a program whose libraries it does not find.
constexpr int kNotStarted = 127;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool sound() const { return fd_ >= 0; }

 private:
  int fd_;
};

Error unavailable(std::string what) {
  return {ErrorKind::kUnavailable, "the PDF reader cannot run: " + std::move(what)};
}

/// GANTRY_PDF_TEXT, or gantry-pdf-text beside the running program, or in libexec/gantry/ of its
/// installation.
std::filesystem::path reader_program() {
  constexpr const char* kName = "gantry-pdf-text";
  if (const char* given = std::getenv("GANTRY_PDF_TEXT"); given != nullptr) return given;
  std::error_code problem;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", problem).parent_path();
  const auto beside = folder / kName;
  if (std::filesystem::exists(beside, problem)) return beside;
  return folder.parent_path() / "libexec" / "gantry" / kName;
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ::ssize_t put = ::write(fd, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(put));
  }
  return ::lseek(fd, 0, SEEK_SET) == 0;
}

std::string read_from_start(int fd) {
  std::string bytes;
  std::array<char, 64 * 1024> piece;
  ::ssize_t got = 0;
  while ((got = ::pread(fd, piece.data(), piece.size(), static_cast<::off_t>(bytes.size()))) > 0) {
    bytes.append(piece.data(), static_cast<std::size_t>(got));
  }
  return bytes;
}

/// The child with `in` and `out` as its standard streams and nothing else of ours.
Result<::pid_t> start(const std::vector<std::string>& words, int in, int out) {
  ::posix_spawn_file_actions_t actions;
  if (::posix_spawn_file_actions_init(&actions) != 0) return unavailable("no memory");
  ::posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  char* environment[] = {nullptr};
  ::pid_t child = 0;
  const int problem = ::posix_spawn(&child, words.front().c_str(), &actions, nullptr,
                                    arguments.data(), environment);
  ::posix_spawn_file_actions_destroy(&actions);
  if (problem != 0) {
    return unavailable(words.front() + ": " + std::strerror(problem) +
                       "; it belongs beside the gantry program, or name it in GANTRY_PDF_TEXT");
  }
  return child;
}

struct Ending {
  int status = 0;
  milliseconds used{0};
  bool late = false;
};

Ending wait_for(::pid_t child) {
  Ending end;
  const Descriptor alive(::pidfd_open(child, 0));
  const auto deadline = steady_clock::now() + kPatience;
  while (alive.sound()) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    ::pollfd waiting{alive.get(), POLLIN, 0};
    end.late = left.count() <= 0;
    if (end.late || ::poll(&waiting, 1, static_cast<int>(left.count())) > 0) break;
  }
  if (end.late) ::kill(child, SIGKILL);
  rusage usage{};
  while (::wait4(child, &end.status, 0, &usage) < 0 && errno == EINTR) {
  }
  const auto spent = [](const timeval& time) {
    return milliseconds(time.tv_sec * 1000 + time.tv_usec / 1000);
  };
  end.used = spent(usage.ru_utime) + spent(usage.ru_stime);
  return end;
}

/// Why the reader ended without an answer.
Error explain(const Ending& end, const ParseLimits& limits) {
  if (end.late) {
    return {ErrorKind::kTimeout, "the PDF reader got too little processor time in 25 s"};
  }
  const int signal = WIFSIGNALED(end.status) ? WTERMSIG(end.status) : 0;
  if (signal == SIGXCPU) {
    return over_limit("processor time in seconds for PDFs",
                      static_cast<std::size_t>(limits.pdf_seconds_max));
  }
  if (signal == SIGKILL) {
    return unavailable("it was killed; was the machine out of memory?");
  }
  switch (signal == 0 ? WEXITSTATUS(end.status) : 0) {
    case pdf::kWrongUse:
      return unavailable("it takes other arguments; is it of another version?");
    case pdf::kNoMemory:
      return over_limit("memory in MiB for a PDF",
                        static_cast<std::size_t>(limits.pdf_memory_mib_max));
    case pdf::kNoSandbox:
      return unavailable("the kernel refuses its limits or its sandbox");
    case kNotStarted:
      return unavailable("its libraries are missing; install libpoppler-cpp0v5 and libseccomp2");
    default:
      break;
  }
  if (signal == SIGABRT) {  // how poppler ends where malloc gives it nothing
    return {ErrorKind::kInvalid, "the PDF is damaged or needs more than " +
                                     std::to_string(limits.pdf_memory_mib_max) +
                                     " MiB of memory: its reader gave up"};
  }
  const std::string how = signal != 0 ? "signal " + std::to_string(signal)
                                      : "exit code " + std::to_string(WEXITSTATUS(end.status));
  return {ErrorKind::kInvalid, "the PDF is damaged: it ends its reader (" + how + ")"};
}

Result<RawText> read_answer(std::string_view answer) {
  constexpr std::string_view kText = "text\n", kRefused = "refused\n";
  if (answer.starts_with(kRefused)) {
    return Error{ErrorKind::kInvalid, std::string(answer.substr(kRefused.size()))};
  }
  const auto title_end = answer.find('\n', kText.size());
  if (!answer.starts_with(kText) || title_end == answer.npos || !is_utf8(answer)) {
    return unavailable("its answer has another form; is it of another version?");
  }
  return RawText{std::string(answer.substr(title_end + 1)), "utf-8",
                 std::string(answer.substr(kText.size(), title_end - kText.size()))};
}

}  // namespace

Result<RawText> parse_pdf(std::string_view bytes, std::string_view, const ParseContext& context) {
  const ParseLimits& limits = context.limits;
  const auto allowed = milliseconds(std::chrono::seconds(limits.pdf_seconds_max));
  if (context.use.pdf_time >= allowed) {
    context.use.refusal = over_limit("processor time in seconds for PDFs",
                                     static_cast<std::size_t>(limits.pdf_seconds_max));
    return *context.use.refusal;
  }
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(allowed - context.use.pdf_time);

  // Files in memory: both sides write and read at their own pace, and no pipe can break.
  const Descriptor in(::memfd_create("gantry-pdf", MFD_CLOEXEC));
  const Descriptor out(::memfd_create("gantry-pdf-text", MFD_CLOEXEC));
  if (!in.sound() || !out.sound() || !write_all(in.get(), bytes)) {
    return unavailable(std::string("no file in memory: ") + std::strerror(errno));
  }
  const auto child =
      start({reader_program().string(), std::to_string(limits.pages_max),
             std::to_string(limits.output_bytes_max), std::to_string(seconds.count()),
             std::to_string(limits.pdf_memory_mib_max)},
            in.get(), out.get());
  if (!child) return child.error();
  const Ending end = wait_for(*child);
  context.use.pdf_time += end.used;
  if (end.late || !WIFEXITED(end.status) || WEXITSTATUS(end.status) != 0) {
    return explain(end, limits);
  }
  return read_answer(read_from_start(out.get()));
}

Result<std::string> try_pdf_reader() {
  constexpr std::string_view kSmall =
      "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
      "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
      "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R/Resources<</Font<</F "
      "5 0 R>>>>>>endobj\n4 0 obj<</Length 25>>stream\nBT /F 9 Tf (ready)Tj ET   \nendstream "
      "endobj\n5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
      "trailer<</Root 1 0 R/Size 6>>\n%%EOF\n";
  const ParseLimits limits;
  ParseUse use;
  const auto words = parse_pdf(kSmall, {}, {limits, use});
  if (!words) return words.error();
  if (words->text != "ready") return unavailable("it misread a small PDF; is poppler whole?");
  return reader_program().string();
}

}  // namespace gantry::pipeline
