#include <sstream>

#include "host/cli/manual.hpp"

namespace gantry::cli {
namespace {

/// For roff: no character is a command, a hyphen is the one that is typed.
std::string plain(std::string_view text) {
  std::string out;
  bool line_start = true;
  for (const char c : text) {
    if (line_start && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    line_start = c == '\n';
  }
  return out;
}

std::string bold(std::string_view text) { return "\\fB" + plain(text) + "\\fR"; }
std::string italic(std::string_view text) { return "\\fI" + plain(text) + "\\fR"; }

void print(std::ostream& out, const Manual::Option& option) {
  out << ".TP\n";
  for (std::size_t i = 0; i < option.names.size(); ++i) {
    out << (i == 0 ? "" : ", ") << bold(option.names[i]);
  }
  if (!option.value.empty()) out << ' ' << italic(option.value);
  out << '\n' << plain(option.help);
  if (!option.fallback.empty()) out << " Default: " << plain(option.fallback) << '.';
  out << '\n';
}

std::string usage(const Manual::Command& command) {
  std::string line = bold("gantry " + command.name);
  if (command.own > 0) line += " [" + italic("OPTION") + "]...";
  for (const Manual::Positional& one : command.positionals) {
    std::string word = italic(one.name);
    if (one.many) word += "...";
    line += ' ' + (one.required ? word : '[' + word + ']');
  }
  return line;
}

void print(std::ostream& out, const Manual::Command& command) {
  out << ".SS " << plain(command.name) << '\n'
      << usage(command) << "\n.PP\n"
      << plain(command.summary) << '\n';
  for (const Manual::Positional& one : command.positionals) {
    out << ".TP\n" << italic(one.name) << '\n' << plain(one.help) << '\n';
  }
  for (std::size_t i = 0; i < command.own; ++i) print(out, command.options[i]);
  out << ".PP\n.nf\n" << plain(command.example) << "\n.fi\n";
}

constexpr const char* kEnd = R"(.SH EXIT STATUS
0 done, 1 failed, 2 wrong usage. Data goes to standard output, talk to standard error.
.SH SIGNALS
.TP
.B SIGHUP
Read the configuration again: all of it is taken over, or nothing is and the log says why.
.TP
.BR SIGTERM ", " SIGINT
Close the door, finish what has begun and end. A second one ends at once.
.SH ENVIRONMENT
Settings have variables, which win over the files; \fBgantry check \-\-explain\fR names them and
what counts.
.SH FILES
.TP
.I /etc/gantry/conf.d/*.toml
The configuration, where the working directory has no \fIconf.d\fR. Every key stands in the shipped
files with its default.
.TP
.I .env.temporal
Variables, in the working directory or in the folder of the configuration.
.SH SEE ALSO
.BR systemctl (1)
)";

}  // namespace

std::string man_page(const Manual& manual) {
  std::ostringstream out;
  out << ".TH GANTRY 1 \"\" \"Gantry " << plain(manual.version) << "\" \"User Commands\"\n"
      << ".SH NAME\ngantry \\- bring freight data from many sources into one searchable store\n"
      << ".SH SYNOPSIS\n.B gantry\n"
      << italic("COMMAND") << " [" << italic("OPTION") << "]... [" << italic("ARGUMENT") << "]...\n"
      << ".SH DESCRIPTION\n"
      << "A vendor posts a webhook, is polled, streams, or drops a file; Gantry runs the vendor's\n"
      << "connector on it and lands every record exactly once in a relational, a vector, a graph\n"
      << "and a cache store. Start with " << bold("gantry demo") << "; then "
      << bold("gantry check") << " and " << bold("gantry run") << ".\n"
      << ".SH COMMANDS\n";
  for (const Manual::Command& command : manual.commands) print(out, command);
  out << ".SH OPTIONS OF EVERY COMMAND\n";
  const Manual::Command& last = manual.commands.back();
  for (std::size_t i = last.own; i < last.options.size(); ++i) print(out, last.options[i]);
  out << ".TP\n" << bold("--help") << "\nPrint the command's usage with examples.\n" << kEnd;
  return out.str();
}

}  // namespace gantry::cli
