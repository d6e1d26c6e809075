#include <gmime/gmime.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>

#include "host/base/encoding.hpp"
#include "host/pipeline/parsers.hpp"
#include "host/pipeline/text_encoding.hpp"

namespace gantry::pipeline {
namespace {

struct Unref {
  void operator()(void* object) const { g_object_unref(object); }
};
template <class T>
using Held = std::unique_ptr<T, Unref>;

struct FreeText {
  void operator()(char* text) const { g_free(text); }
};
using OwnedText = std::unique_ptr<char, FreeText>;

/// A header's words in one line of UTF-8.
std::string line_of(const char* text) {
  if (text == nullptr) return {};
  const std::string_view bytes(text);
  const auto decoded = decode(bytes, {}, bytes.size() * 4 + 16);
  const std::string words = decoded ? decoded->text : escape_control(bytes);
  std::string out;
  for (const char c : words) {
    const bool space = static_cast<unsigned char>(c) <= ' ' || c == '\x7F';
    if (!space) {
      out += c;
    } else if (!out.empty() && out.back() != ' ') {
      out += ' ';
    }
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

std::string type_of(GMimeObject* part) {
  GMimeContentType* type = g_mime_object_get_content_type(part);
  const OwnedText text(type == nullptr ? nullptr : g_mime_content_type_get_mime_type(type));
  std::string out = line_of(text.get());
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return out;
}

bool is_type(GMimeObject* part, const char* type, const char* subtype) {
  GMimeContentType* own = g_mime_object_get_content_type(part);
  return own != nullptr && g_mime_content_type_is_type(own, type, subtype) != 0;
}

/// The bytes of a part behind its transfer encoding.
std::string content_of(GMimePart* part) {
  GMimeDataWrapper* content = g_mime_part_get_content(part);
  if (content == nullptr) return {};
  const Held<GMimeStream> stream(g_mime_stream_mem_new());
  g_mime_data_wrapper_write_to_stream(content, stream.get());
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream.get()));
  return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

/// Writes a mail as text: its header's lines, its body, then each attachment under its name.
class MailText {
 public:
  explicit MailText(const ParseContext& context) : context_(context) {}

  Result<void> message(GMimeMessage* mail, int depth) {
    GMimeObject* body = g_mime_message_get_mime_part(mail);
    if (body != nullptr && is_encrypted(body)) {
      return Error{ErrorKind::kInvalid,
                   "the mail is encrypted (S/MIME or PGP); send it in the clear"};
    }
    const std::string subject = line_of(g_mime_message_get_subject(mail));
    if (depth == context_.depth) title_ = subject;
    field("Subject", subject);
    addresses("From", mail, GMIME_ADDRESS_TYPE_FROM);
    addresses("To", mail, GMIME_ADDRESS_TYPE_TO);
    addresses("Cc", mail, GMIME_ADDRESS_TYPE_CC);
    field("Date", line_of(g_mime_object_get_header(GMIME_OBJECT(mail), "Date")));
    text_ += '\n';
    return body == nullptr ? Result<void>{} : object(body, depth, 0);
  }

  std::string text_;
  std::string title_;

 private:
  static bool is_encrypted(GMimeObject* part) {
    if (is_type(part, "multipart", "encrypted")) return true;
    if (!is_type(part, "application", "pkcs7-mime") &&
        !is_type(part, "application", "x-pkcs7-mime"))
      return false;
    const char* kind = g_mime_object_get_content_type_parameter(part, "smime-type");
    return kind == nullptr || g_ascii_strcasecmp(kind, "enveloped-data") == 0;
  }

  void field(std::string_view name, const std::string& value) {
    if (!value.empty()) text_.append(name).append(": ").append(value).append("\n");
  }

  void addresses(std::string_view name, GMimeMessage* mail, GMimeAddressType type) {
    InternetAddressList* list = g_mime_message_get_addresses(mail, type);
    const OwnedText text(list == nullptr ? nullptr
                                         : internet_address_list_to_string(list, nullptr, FALSE));
    field(name, line_of(text.get()));
  }

  /// The mail as a whole cannot be read.
  Error refuse(Error error) {
    context_.use.refusal = error;
    return error;
  }

  Result<void> object(GMimeObject* part, int depth, int level) {
    const ParseLimits& limits = context_.limits;
    if (level > limits.nesting_max) {
      return refuse(over_limit("mail nesting", static_cast<std::size_t>(limits.nesting_max)));
    }
    if (text_.size() > limits.output_bytes_max) {
      return refuse(over_limit("text size in bytes", limits.output_bytes_max));
    }
    if (GMIME_IS_MULTIPART(part)) return multipart(GMIME_MULTIPART(part), depth, level);
    if (GMIME_IS_MESSAGE_PART(part)) return inner_mail(GMIME_MESSAGE_PART(part), depth);
    if (GMIME_IS_PART(part)) return leaf(GMIME_PART(part), depth);
    return {};
  }

  Result<void> multipart(GMimeMultipart* parts, int depth, int level) {
    const int count = g_mime_multipart_get_count(parts);
    if (parts->write_end_boundary == 0 || count == 0) {
      return Error{ErrorKind::kInvalid, "the mail is cut off: the end of its parts is missing"};
    }
    const auto child = [parts](int i) { return g_mime_multipart_get_part(parts, i); };
    if (is_type(GMIME_OBJECT(parts), "multipart", "signed"))
      return object(child(0), depth, level + 1);
    if (!is_type(GMIME_OBJECT(parts), "multipart", "alternative")) {
      for (int i = 0; i < count; ++i) {
        if (auto done = object(child(i), depth, level + 1); !done) return done;
      }
      return {};
    }
    // Plain text is what the sender wrote, HTML how it looked; after that the last is the best
    // (RFC 2046 section 5.1.4). One without words says nothing.
    for (int round = 0; round < 2; ++round) {
      for (int i = count - 1; i >= 0; --i) {
        if (is_type(child(i), "text", "plain") != (round == 0)) continue;
        const std::size_t before = text_.size();
        if (auto done = object(child(i), depth, level + 1); !done) return done;
        if (text_.size() > before) return {};
      }
    }
    return {};
  }

  /// Counts one more attachment.
  Result<void> attach() {
    const int most = context_.limits.attachments_max;
    if (++context_.use.attachments <= most) return {};
    return refuse(over_limit("the number of attachments", static_cast<std::size_t>(most)));
  }

  Result<void> inner_mail(GMimeMessagePart* part, int depth) {
    if (auto counted = attach(); !counted) return counted;
    if (depth + 1 > context_.limits.attachment_depth_max) {
      return refuse(over_limit("the depth of attached mails",
                               static_cast<std::size_t>(context_.limits.attachment_depth_max)));
    }
    GMimeMessage* mail = g_mime_message_part_get_message(part);
    text_ += "\nAttachment: mail (message/rfc822)\n";
    if (mail == nullptr) return {};
    if (auto done = message(mail, depth + 1); !done) {
      if (context_.use.refusal) return done;
      text_ += "(not read: " + done.error().what + ")\n";
    }
    return {};
  }

  Result<void> leaf(GMimePart* part, int depth) {
    GMimeObject* object = GMIME_OBJECT(part);
    const std::string type = type_of(object);
    const std::string name = line_of(g_mime_part_get_filename(part));
    const bool body = name.empty() && g_mime_part_is_attachment(part) == 0 &&
                      (type == "text/plain" || type == "text/html");
    if (!body) {
      if (auto counted = attach(); !counted) return counted;
      text_ += "\nAttachment: " + (name.empty() ? "unnamed" : name) + " (" + type + ")\n";
    }
    const std::string bytes = content_of(part);
    if (body && bytes.find_first_not_of(" \t\r\n") == std::string::npos) return {};
    const char* charset = g_mime_object_get_content_type_parameter(object, "charset");
    const std::string label = type + (charset == nullptr ? "" : "; charset=" + line_of(charset));
    const auto words =
        parse_part(bytes, label, {context_.limits, context_.use, body ? depth : depth + 1});
    if (context_.use.refusal) return *context_.use.refusal;
    if (words) {
      text_.append(words->raw.text).append("\n");
    } else if (!words.error().retryable()) {
      text_ += std::string("(") + (body ? "body " : "") + "not read: " + words.error().what + ")\n";
    } else {
      return words.error();
    }
    return {};
  }

  const ParseContext& context_;
};

/// What the parser tells about a mail while it reads it.
struct Trouble {
  bool nested = false;
};

void hear(gint64, GMimeParserWarning code, const gchar*, gpointer trouble) {
  if (code == GMIME_CRIT_NESTING_OVERFLOW) static_cast<Trouble*>(trouble)->nested = true;
}

}  // namespace

Result<RawText> parse_mail(std::string_view bytes, std::string_view, const ParseContext& context) {
  static std::once_flag once;
  std::call_once(once, g_mime_init);

  // A mail of several kept in one file begins with the separator of the mbox form.
  if (bytes.starts_with("From "))
    bytes.remove_prefix(std::min(bytes.find('\n'), bytes.size() - 1) + 1);
  if (bytes.find("\n\n") == bytes.npos && bytes.find("\n\r\n") == bytes.npos) {
    return Error{ErrorKind::kInvalid, "the mail is cut off: its header has no end"};
  }
  if (context.depth > context.limits.attachment_depth_max) {
    context.use.refusal = over_limit("the depth of attached mails",
                                     static_cast<std::size_t>(context.limits.attachment_depth_max));
    return *context.use.refusal;
  }
  const Held<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(bytes.data(), bytes.size()));
  const Held<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  struct FreeOptions {
    void operator()(GMimeParserOptions* options) const { g_mime_parser_options_free(options); }
  };
  const std::unique_ptr<GMimeParserOptions, FreeOptions> options(g_mime_parser_options_new());
  Trouble trouble;
  g_mime_parser_options_set_warning_callback(options.get(), hear, &trouble);
  const Held<GMimeMessage> mail(g_mime_parser_construct_message(parser.get(), options.get()));
  if (!mail ||
      g_mime_header_list_get_count(g_mime_object_get_header_list(GMIME_OBJECT(mail.get()))) == 0) {
    return Error{ErrorKind::kInvalid, "no mail: it has no header lines"};
  }
  if (trouble.nested) {
    context.use.refusal =
        over_limit("mail nesting", static_cast<std::size_t>(context.limits.nesting_max));
    return *context.use.refusal;
  }
  MailText text(context);
  if (auto done = text.message(mail.get(), context.depth); !done) return done.error();
  return RawText{std::move(text.text_), "utf-8", std::move(text.title_)};
}

}  // namespace gantry::pipeline
