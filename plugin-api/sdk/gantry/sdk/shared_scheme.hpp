#pragma once

#include <arpa/inet.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "gantry/sdk/settings.hpp"
#include "gantry/sdk/signature.hpp"

namespace gantry::sdk {

/// The verifier for senders that publish no scheme of their own (Turvo, a relay of the customer's):
/// every part is configured under the settings' object "signature". It is the house's scheme, not a
/// vendor's.
///
///   mode               hmac | static_token: one header that holds the secret itself
///   signature_header   X-Signature            timestamp_header  X-Timestamp, "" for none
///   unit               s | ms                 tolerance         300 seconds
///   template           "{timestamp}.{body}"   algorithm         sha256 | sha1
///   encoding           hex | base64           prefix            e.g. "sha256="
///   key_decode         raw | base64 | hex     allow_from        list of addresses and CIDR blocks
///   separator          e.g. ",": the header holds several MACs, any of which may match
///
/// The secret is the field `secret_name` of the configuration, several values during a rotation.
class SharedScheme {
 public:
  enum class Mode { kHmac, kStaticToken };

  SharedScheme(const Settings& settings, std::string_view secret_name, Mode otherwise)
      : secret_name_(secret_name), mode_(otherwise) {
    const Settings own(settings.has("signature") ? settings.json()["signature"].dump() : "{}");
    if (own.has("mode")) {
      mode_ =
          own.choose<Mode>("mode", {{"hmac", Mode::kHmac}, {"static_token", Mode::kStaticToken}});
    }
    signature_header_ = own.text("signature_header", "X-Signature");
    timestamp_header_ = own.text("timestamp_header", "X-Timestamp");
    template_ = own.text("template", timestamp_header_.empty() ? "{body}" : "{timestamp}.{body}");
    prefix_ = own.text("prefix");
    separator_ = own.text("separator");
    unit_ =
        own.choose<TimeUnit>("unit", {{"s", TimeUnit::kSeconds}, {"ms", TimeUnit::kMilliseconds}});
    hash_ = own.choose<Hash>("algorithm", {{"sha256", Hash::kSha256}, {"sha1", Hash::kSha1}});
    encoding_ = own.choose<Form>("encoding", {{"hex", Form::kHex}, {"base64", Form::kBase64}});
    key_form_ = own.choose<Form>(
        "key_decode", {{"raw", Form::kRaw}, {"base64", Form::kBase64}, {"hex", Form::kHex}});
    tolerance_ = own.seconds("tolerance", 1, 86'400, 300);
    for (const auto& block : own.texts("allow_from")) allow_.push_back(read_block(block));
    cut_template();
  }

  /// Nothing where the request is genuine, else one word.
  Objection check(const Host& host, const Request& request) const {
    if (!allow_.empty() && !allowed(request.remote())) return "address_not_allowed";
    std::string_view sent;
    if (auto objection = take_header(request, signature_header_, "signature", sent)) {
      return objection;
    }
    if (mode_ == Mode::kStaticToken) return check_token(host, sent);
    std::string_view timestamp;
    if (!timestamp_header_.empty()) {
      if (auto objection = take_header(request, timestamp_header_, "timestamp", timestamp)) {
        return objection;
      }
      if (auto objection = check_age(timestamp, unit_, request.received_at_ns(), tolerance_)) {
        return objection;
      }
    }
    Objection objection = "signature_malformed";
    for (const auto& mac : macs_of(sent)) {
      objection = check_secret(host, secret_name_, mac, [&](std::string_view secret) {
        return sign_with(host, secret, timestamp, request.body());
      });
      if (!objection) return std::nullopt;
    }
    return objection;
  }

  Headers sign(const Host& host, const Request& request) const {
    const Secret secret = signing_secret(host, secret_name_);
    if (mode_ == Mode::kStaticToken) return {{signature_header_, std::string(secret.view())}};
    const std::string timestamp = std::to_string(host.now_ns() / static_cast<std::int64_t>(unit_));
    const Digest mac = sign_with(host, secret.view(), timestamp, request.body());
    Headers headers{
        {signature_header_,
         prefix_ + (encoding_ == Form::kHex ? to_hex(mac.view()) : to_base64(mac.view()))}};
    if (!timestamp_header_.empty()) headers.emplace_back(timestamp_header_, timestamp);
    return headers;
  }

 private:
  enum class Form { kRaw, kHex, kBase64 };
  struct Block {
    int family = AF_INET;
    std::array<unsigned char, 16> address{};
    unsigned bits = 0;
  };

  static std::optional<std::string> decode(Form form, std::string_view text) {
    if (form == Form::kHex) return from_hex(text);
    if (form == Form::kBase64) return from_base64(text);
    return std::string(text);
  }

  /// The raw MACs that a header holds. Some senders leave the prefix out of the second, so it
  /// counts where it is there; a value that is no MAC cannot match and is passed over.
  std::vector<std::string> macs_of(std::string_view header) const {
    constexpr std::size_t kMacsMax = 16;
    const std::size_t size = hash_ == Hash::kSha1 ? 20 : 32;
    std::vector<std::string> macs;
    for (std::size_t seen = 0; seen < kMacsMax && !header.empty(); ++seen) {
      const auto end = separator_.empty() ? std::string_view::npos : header.find(separator_);
      std::string_view one = trim(header.substr(0, end));
      header.remove_prefix(end == std::string_view::npos ? header.size() : end + separator_.size());
      if (one.starts_with(prefix_)) one.remove_prefix(prefix_.size());
      if (auto mac = decode(encoding_, one); mac && mac->size() == size) {
        macs.push_back(std::move(*mac));
      }
    }
    return macs;
  }

  Digest sign_with(const Host& host, std::string_view secret, std::string_view timestamp,
                   std::string_view body) const {
    const auto key = decode(key_form_, secret);
    if (!key || key->empty()) {
      throw Failure(Status::kConfig, "the secret is not in the form that signature.key_decode says")
          .pointer(std::string(secret_name_));
    }
    if (unsigned_time_) timestamp = {};
    const auto& [first, second] =
        pieces_.body_first ? std::pair(body, timestamp) : std::pair(timestamp, body);
    return host.hmac(hash_, *key, {pieces_.before, first, pieces_.between, second, pieces_.after});
  }

  /// Hashing both sides first makes the comparison's time independent of the token's length.
  Objection check_token(const Host& host, std::string_view sent) const {
    if (!sent.starts_with(prefix_)) return "signature_malformed";
    const Digest digest = host.digest(Hash::kSha256, {sent.substr(prefix_.size())});
    return check_secret(host, secret_name_, digest.view(), [&](std::string_view secret) {
      return host.digest(Hash::kSha256, {secret});
    });
  }

  struct Pieces {
    std::string before, between, after;
    bool body_first = false;
  };

  void cut_template() {
    constexpr std::string_view kBody = "{body}";
    constexpr std::string_view kTime = "{timestamp}";
    const auto body = template_.find(kBody);
    const auto time = template_.find(kTime);
    if (body == std::string::npos || template_.rfind(kBody) != body ||
        (time != std::string::npos && template_.rfind(kTime) != time)) {
      refuse_setting("/signature/template",
                     "template needs {body} once and {timestamp} at most once");
    }
    if (time != std::string::npos && timestamp_header_.empty()) {
      refuse_setting("/signature/timestamp_header",
                     "template names {timestamp}, so timestamp_header cannot be empty");
    }
    if (time == std::string::npos) {  // Also where a header carries one: it is checked, not signed.
      unsigned_time_ = true;
      pieces_.before = template_.substr(0, body);
      pieces_.after = template_.substr(body + kBody.size());
      return;
    }
    pieces_.body_first = body < time;
    const auto first = pieces_.body_first ? body : time;
    const auto first_end = first + (pieces_.body_first ? kBody.size() : kTime.size());
    const auto second = pieces_.body_first ? time : body;
    const auto second_end = second + (pieces_.body_first ? kTime.size() : kBody.size());
    pieces_.before = template_.substr(0, first);
    pieces_.between = template_.substr(first_end, second - first_end);
    pieces_.after = template_.substr(second_end);
  }

  static bool read_address(std::string_view text, Block& out) {
    const std::string address(text);
    out.family = address.find(':') == std::string::npos ? AF_INET : AF_INET6;
    out.bits = out.family == AF_INET ? 32 : 128;
    return inet_pton(out.family, address.c_str(), out.address.data()) == 1;
  }
  static Block read_block(std::string_view text) {
    Block block;
    const auto slash = text.find('/');
    bool good = read_address(text.substr(0, slash), block);
    if (slash != std::string_view::npos) {
      unsigned bits = 0;
      const auto* end = text.data() + text.size();
      const auto [stop, error] = std::from_chars(text.data() + slash + 1, end, bits);
      good = good && error == std::errc{} && stop == end && bits <= block.bits;
      block.bits = bits;
    }
    if (!good) {
      refuse_setting("/signature/allow_from",
                     "allow_from takes addresses and blocks such as 203.0.113.0/24");
    }
    return block;
  }
  bool allowed(std::string_view remote) const {
    Block from;
    if (!read_address(remote, from)) return false;
    for (const Block& block : allow_) {
      if (block.family != from.family) continue;
      const unsigned bytes = block.bits / 8;
      const unsigned rest = block.bits % 8;
      if (std::memcmp(block.address.data(), from.address.data(), bytes) != 0) continue;
      const auto mask = static_cast<unsigned char>(0xFF00u >> rest);
      if (rest == 0 || (block.address[bytes] & mask) == (from.address[bytes] & mask)) return true;
    }
    return false;
  }

  const std::string secret_name_;
  Mode mode_;
  std::string signature_header_, timestamp_header_, template_, prefix_, separator_;
  TimeUnit unit_ = TimeUnit::kSeconds;
  Hash hash_ = Hash::kSha256;
  Form encoding_ = Form::kHex;
  Form key_form_ = Form::kRaw;
  std::chrono::nanoseconds tolerance_{0};
  std::vector<Block> allow_;
  Pieces pieces_;
  bool unsigned_time_ = false;
};

}  // namespace gantry::sdk
