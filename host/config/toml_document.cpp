#include "host/config/toml_document.hpp"

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>
#include <tuple>

namespace gantry::config {
namespace {

template <class Date>
std::string iso_text(const Date& date) {
  std::ostringstream out;
  out << date;
  return out.str();
}

int line_at(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

class Converter {
 public:
  explicit Converter(TomlDocument& out) : out_(out) {}

  Json table(const toml::table& from, const std::string& key, const std::string& pointer) {
    Json to = Json::object();
    for (const auto& [name, node] : from) {
      const std::string text(name.str());
      const std::string inner = key.empty() ? text : key + '.' + text;
      to[text] = value(node, inner, pointer + '/' + escaped(text),
                       static_cast<int>(name.source().begin.line), true);
    }
    return to;
  }

  std::vector<Problem> problems;

 private:
  Json value(const toml::node& node, const std::string& key, const std::string& pointer, int line,
             bool leaf) {
    if (line == 0) line = line_at(node);
    if (const toml::table* inner = node.as_table(); inner && (!inner->empty() || !leaf)) {
      out_.tables.push_back({key, pointer, {}, line});
      return table(*inner, key, pointer);
    }
    Json json = scalar(node, key, pointer);
    out_.leaves.push_back({key, pointer, json.dump(), line});
    return json;
  }

  Json scalar(const toml::node& node, const std::string& key, const std::string& pointer) {
    switch (node.type()) {
      case toml::node_type::string:
        return node.as_string()->get();
      case toml::node_type::integer:
        return node.as_integer()->get();
      case toml::node_type::boolean:
        return node.as_boolean()->get();
      case toml::node_type::date:
        return iso_text(node.as_date()->get());
      case toml::node_type::time:
        return iso_text(node.as_time()->get());
      case toml::node_type::date_time:
        return iso_text(node.as_date_time()->get());
      case toml::node_type::floating_point: {
        const double number = node.as_floating_point()->get();
        if (!std::isfinite(number)) {
          problems.push_back({{Origin::Kind::kFile, out_.path, line_at(node)},
                              key + ": infinity and NaN have no JSON; write a number"});
          return nullptr;
        }
        return number;
      }
      case toml::node_type::array: {
        Json list = Json::array();
        std::size_t index = 0;
        for (const toml::node& item : *node.as_array()) {
          const std::string at = '/' + std::to_string(index++);
          // An array of tables keeps its inner lines, a plain list is one leaf.
          if (const toml::table* inner = item.as_table()) {
            out_.tables.push_back({key, pointer + at, {}, line_at(item)});
            list.push_back(table(*inner, key, pointer + at));
          } else {
            out_.tables.push_back({key, pointer + at, {}, line_at(item)});
            list.push_back(scalar(item, key, pointer + at));
          }
        }
        return list;
      }
      case toml::node_type::table:
        return table(*node.as_table(), key, pointer);
      case toml::node_type::none:
        break;
    }
    return nullptr;
  }

  /// RFC 6901 section 3.
  static std::string escaped(const std::string& name) {
    std::string text;
    for (const char c : name) text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return text;
  }

  TomlDocument& out_;
};

}  // namespace

int TomlDocument::line_of(std::string_view pointer) const {
  for (;;) {
    for (const auto* list : {&leaves, &tables}) {
      for (const TomlLeaf& leaf : *list) {
        if (leaf.pointer == pointer) return leaf.line;
      }
    }
    const std::size_t slash = pointer.rfind('/');
    if (slash == std::string_view::npos) return 0;
    pointer = pointer.substr(0, slash);
  }
}

boost::system::result<TomlDocument, Problem> read_toml(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return Problem{{Origin::Kind::kFile, path, 0},
                   "cannot be read; check that it exists and its permissions"};
  }
  std::ostringstream bytes;
  bytes << file.rdbuf();
  const std::string text = bytes.str();
  const toml::parse_result parsed = toml::parse(std::string_view(text), path);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return Problem{{Origin::Kind::kFile, path, static_cast<int>(error.source().begin.line)},
                   "not TOML: " + std::string(error.description()) + " (column " +
                       std::to_string(error.source().begin.column) + ')'};
  }
  TomlDocument document;
  document.path = path;
  Converter converter(document);
  document.json = converter.table(parsed.table(), {}, {}).dump();
  if (!converter.problems.empty()) return converter.problems.front();
  std::sort(document.leaves.begin(), document.leaves.end(), [](const auto& a, const auto& b) {
    return std::tie(a.line, a.pointer) < std::tie(b.line, b.pointer);
  });
  return document;
}

void throw_exception_from_error(const Problem& problem, const boost::source_location&) {
  throw std::runtime_error(problem.text());
}

}  // namespace gantry::config
