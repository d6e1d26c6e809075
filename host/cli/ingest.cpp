#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "host/cli/admin_client.hpp"
#include "host/cli/command.hpp"
#include "host/cli/progress.hpp"
#include "host/cli/status_view.hpp"

namespace gantry::cli {
namespace {

/// Media types by file name ending; what is not here is application/octet-stream.
std::string content_type(const std::string& name) {
  static const std::map<std::string, std::string> kTypes = {
      {".txt", "text/plain"},
      {".md", "text/markdown"},
      {".markdown", "text/markdown"},
      {".html", "text/html"},
      {".htm", "text/html"},
      {".json", "application/json"},
      {".csv", "text/csv"},
      {".tsv", "text/tab-separated-values"},
      {".pdf", "application/pdf"},
      {".eml", "message/rfc822"},
      {".xml", "application/xml"},
      {".log", "text/plain"},
      {".edi", "application/edi-x12"},
      {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
      {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}};
  std::string ending = std::filesystem::path(name).extension().string();
  for (char& c : ending) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  const auto at = kTypes.find(ending);
  return at == kTypes.end() ? "application/octet-stream" : at->second;
}

Result<std::string> read_file(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return Error{ErrorKind::kNotFound, path + " is no file"};
  }
  std::ifstream in(path, std::ios::binary);
  std::ostringstream bytes;
  if (!in || !(bytes << in.rdbuf())) {
    // An empty file sets failbit without a byte copied.
    if (in && in.eof()) return std::string();
    if (std::filesystem::file_size(path, error) == 0 && !error) return std::string();
    return Error{ErrorKind::kDenied, path + " cannot be read; check its permissions"};
  }
  return bytes.str();
}

/// "failed: the PDF is encrypted …"
std::string ending_of(const Json& status) {
  std::string ending = text_at(status, "state").value_or("?");
  const auto error = status.find("error");
  if (error == status.end()) return ending;
  if (const auto what = text_at(*error, "what")) ending += ": " + *what;
  return ending;
}

class Ingest : public Command {
 public:
  void declare(Arguments& arguments) override {
    arguments.positionals("FILE", files_, "Files to upload.", true);
    arguments.option("--source", source_, "NAME", "Source that the documents are of.");
    arguments.option("--kind", kind_, "KIND", "Kind of the documents.");
    arguments.flag("--wait", wait_, "Wait until each is stored.");
    arguments.option("--timeout", timeout_s_, 1, 86'400, "Seconds to wait for each.");
  }

  int run(Context& context) override {
    const auto url = context.admin_url();
    if (!url) return 1;
    const AdminClient admin(*url);
    Json report = Json::array();
    std::vector<std::string> failures;
    {
      Progress progress(context.terminal, "uploading", files_.size());
      std::uint64_t done = 0;
      for (const std::string& file : files_) {
        Json row{{"file", file}};
        const Result<Json> answer = upload(admin, file);
        if (answer) {
          row.update(*answer);
        } else {
          row["error"] = answer.error().message();
          failures.push_back(file + ": " + answer.error().message());
        }
        report.push_back(std::move(row));
        progress.advance(++done);
      }
    }
    if (wait_) wait_for_all(context, admin, report, failures);
    for (const std::string& failure : failures) context.terminal.fail(failure);
    const int code = failures.empty() ? 0 : 1;
    if (context.options.json) return context.print({{"documents", report}}, code);
    for (const Json& row : report) {
      if (const auto id = text_at(row, "document")) context.out() << *id << '\n';
    }
    return code;
  }

 private:
  Result<Json> upload(const AdminClient& admin, const std::string& file) const {
    const Result<std::string> bytes = read_file(file);
    if (!bytes) return bytes.error();
    const std::string name = std::filesystem::path(file).filename().string();
    const std::string path =
        with_query("/documents", {{"source", source_}, {"kind", kind_}, {"name", name}});
    Result<Json> answer = admin.post(path, content_type(name), *bytes);
    if (answer && !text_at(*answer, "document")) {
      return Error{ErrorKind::kInvalid, "the host named no document; is that the admin address?"};
    }
    return answer;
  }

  void wait_for_all(Context& context, const AdminClient& admin, Json& report,
                    std::vector<std::string>& failures) const {
    Progress progress(context.terminal, "storing", report.size());
    std::uint64_t done = 0;
    for (Json& row : report) {
      const auto id = text_at(row, "document");
      if (id) {
        const auto status = wait_status(admin, *id, std::chrono::seconds(timeout_s_));
        if (!status) {
          failures.push_back(status.error().message());
        } else {
          row["state"] = text_at(*status, "state").value_or("");
          if (!ended_well(*status)) {
            failures.push_back(*id + " ended as " + ending_of(*status));
          }
        }
      }
      progress.advance(++done);
    }
  }

  std::vector<std::string> files_;
  std::string source_ = "upload";
  std::string kind_ = "file";
  bool wait_ = false;
  int timeout_s_ = 60;
};

}  // namespace

std::unique_ptr<Command> make_ingest() { return std::make_unique<Ingest>(); }

}  // namespace gantry::cli
