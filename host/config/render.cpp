#include "host/config/render.hpp"

#include <span>

#include "host/config/option.hpp"

namespace gantry::config {
namespace {

constexpr std::size_t kWidth = 98;

void comment(std::string& out, std::string_view text) {
  std::size_t column = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (column == 0) {
      out += '#';
      column = 1;
    } else if (column + 1 + word.size() > kWidth) {
      out += "\n#";
      column = 1;
    }
    out += ' ';
    out += word;
    column += 1 + word.size();
    at = end + 1;
  }
  out += '\n';
}

std::string range(const OptionSpec& spec) {
  switch (spec.type) {
    case OptionType::kInteger:
      return " " + std::to_string(spec.min) + " to " + std::to_string(spec.max) + ".";
    case OptionType::kChoice:
      // With one choice the help says it all.
      return spec.choices.find('|') == std::string_view::npos
                 ? std::string{}
                 : " One of " + std::string(spec.choices) + ".";
    default:
      return {};
  }
}

std::string toml_value(const OptionSpec& spec) {
  switch (spec.type) {
    case OptionType::kBool:
    case OptionType::kInteger:
      return std::string(spec.fallback);
    case OptionType::kTextList:
      return "[]";
    default:
      return '"' + std::string(spec.fallback) + '"';
  }
}

template <class Target>
void render_toml(std::string& out, std::span<const Option<Target>> options, std::string_view only,
                 bool exclude) {
  std::string table;
  for (const auto& option : options) {
    const OptionSpec& spec = option.spec;
    const bool inside = spec.key.starts_with("temporal.")       ? only == "temporal."
                        : spec.key.starts_with("stores.")       ? only == "stores."
                        : spec.key.starts_with("entities.")     ? only == "entities."
                        : spec.key.starts_with("embedding.")    ? only == "embedding."
                        : spec.key.starts_with("source.files.") ? only == "source.files."
                                                                : exclude;
    if (!inside) continue;
    const std::size_t dot = spec.key.rfind('.');
    const std::string now(dot == std::string_view::npos ? "" : spec.key.substr(0, dot));
    if (now != table) {
      out += "\n[" + now + "]\n";
      table = now;
    }
    const std::string_view name =
        dot == std::string_view::npos ? spec.key : spec.key.substr(dot + 1);
    out += '\n';
    comment(out, std::string(spec.help) + range(spec) +
                     (spec.env.empty() ? "" : " Variable: " + std::string(spec.env) + "."));
    if (name == "*") continue;  // Any name: the help has the example.
    out += '#' + std::string(name) + " = " + toml_value(spec) + '\n';
  }
}

void render_env(std::string& out) {
  for (const auto& option : host_options()) {
    const OptionSpec& spec = option.spec;
    if (spec.env.empty()) continue;
    out += '\n';
    comment(out, std::string(spec.help) + range(spec));
    out += '#' + std::string(spec.env) + '=' + std::string(spec.fallback) + '\n';
  }
}

}  // namespace

std::string render_defaults(std::string_view name) {
  std::string out;
  if (name == "00-host.toml") {
    comment(out,
            "The host. Every key stands here with its default; take the # away to change it. "
            "Files of this folder are read in the order of their names, a later one wins. "
            "Precedence: flag, environment, .env.temporal, these files, default. Relative "
            "paths are taken from the working directory. `gantry check --explain` shows what "
            "counts and why.");
    render_toml(out, host_options(), "", true);
  } else if (name == "10-temporal.toml") {
    comment(out, "The engine: Temporal, and how this host works for it.");
    render_toml(out, host_options(), "temporal.", false);
  } else if (name == "20-stores.toml") {
    comment(out, "Where documents are kept.");
    render_toml(out, host_options(), "stores.", false);
  } else if (name == "30-models.toml") {
    comment(out, "What reads the documents: the models that find entities and make vectors.");
    render_toml(out, host_options(), "entities.", false);
    render_toml(out, host_options(), "embedding.", false);
  } else if (name == "source") {
    render_toml(out, source_options(), "", true);
  } else if (name == "source.files") {
    render_toml(out, source_options(), "source.files.", false);
  } else if (name == ".env.temporal") {
    comment(out,
            "Copy to .env.temporal (not committed). The program reads it from the working "
            "directory, or else from the folder of conf.d files; the environment wins over "
            "it. A source's webhook secret may stand here too, as <SOURCE>_WEBHOOK_SECRET, "
            "e.g. FRONTAPP_WEBHOOK_SECRET.");
    render_env(out);
  }
  return out;
}

}  // namespace gantry::config
