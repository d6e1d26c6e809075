#include "host/net/egress.hpp"

#include <algorithm>
#include <charconv>

#include "host/base/encoding.hpp"

namespace gantry::net {
namespace {

Error bad_pattern(const std::string& pattern) {
  return {ErrorKind::kInvalid, "egress pattern \"" + escape_control(pattern) +
                                   "\" is not host, host:port, *.domain or [address]:port"};
}

bool is_name(std::string_view host) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
  return !host.empty() && host.find_first_not_of(kAllowed) == std::string_view::npos &&
         host.find("..") == std::string_view::npos;
}

}  // namespace

Result<EgressList> EgressList::parse(const std::vector<std::string>& patterns) {
  EgressList list;
  for (const std::string& pattern : patterns) {
    Rule rule;
    std::string text = pattern;
    std::ranges::transform(text, text.begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    std::string_view rest = text;
    if (rest.starts_with('[')) {
      const auto close = rest.find(']');
      if (close == std::string_view::npos) return bad_pattern(pattern);
      rule.host = rest.substr(1, close - 1);
      if (rule.host.empty() ||
          rule.host.find_first_not_of("0123456789abcdef:.") != std::string::npos) {
        return bad_pattern(pattern);
      }
      rest.remove_prefix(close + 1);
    } else {
      const auto colon = std::min(rest.find(':'), rest.size());
      std::string_view host = rest.substr(0, colon);
      rule.below = host.starts_with("*.");
      if (rule.below) host.remove_prefix(1);
      if (!is_name(host) || (rule.below && host.size() < 2)) return bad_pattern(pattern);
      rule.host = host;
      rest.remove_prefix(colon);
    }
    if (!rest.empty()) {
      const char* const end = rest.data() + rest.size();
      const auto [stop, problem] = std::from_chars(rest.data() + 1, end, rule.port);
      if (rest.front() != ':' || problem != std::errc{} || stop != end || rule.port == 0) {
        return bad_pattern(pattern);
      }
    }
    list.rules_.push_back(std::move(rule));
  }
  return list;
}

EgressList EgressList::only(const Url& url) {
  EgressList list;
  list.rules_.push_back({url.host(), url.port(), false, true});
  return list;
}

Result<void> EgressList::judge(const Url& url) const {
  const std::uint16_t usual = url.scheme() == "https" ? 443 : 80;
  const std::string_view host = url.host();
  const auto rule = std::ranges::find_if(rules_, [&](const Rule& rule) {
    if ((rule.port == 0 ? usual : rule.port) != url.port()) return false;
    return rule.below ? host.size() > rule.host.size() && host.ends_with(rule.host)
                      : host == rule.host;
  });
  const std::string target = url.host() + ':' + std::to_string(url.port());
  if (rule == rules_.end()) {
    return Error{ErrorKind::kDenied,
                 target + " is not on the egress list; add it to the source's `egress`"};
  }
  if (url.scheme() == "http" && !url.is_loopback() && !rule->plain) {
    return Error{ErrorKind::kDenied,
                 "http to " + target + " is refused; use https (http is for loopback only)"};
  }
  return {};
}

}  // namespace gantry::net
