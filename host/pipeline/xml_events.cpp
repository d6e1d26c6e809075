#include "host/pipeline/xml_events.hpp"

#include <libxml/parser.h>

#include <mutex>

#include "host/pipeline/parsers.hpp"

namespace gantry::pipeline {
namespace {

std::string_view view(const xmlChar* text) {
  return text == nullptr ? std::string_view() : reinterpret_cast<const char*>(text);
}

}  // namespace

std::string_view XmlAttributes::get(std::string_view local_name) const {
  // Five pointers each: local name, prefix, namespace, value, value's end (libxml/parser.h).
  for (int i = 0; i < count_; ++i) {
    const unsigned char** row = raw_ + static_cast<std::ptrdiff_t>(i) * 5;
    if (view(row[0]) == local_name) {
      return {reinterpret_cast<const char*>(row[3]), static_cast<std::size_t>(row[4] - row[3])};
    }
  }
  return {};
}

struct XmlReader::Events {
  static XmlReader& of(void* self) { return *static_cast<XmlReader*>(self); }

  static void start(void* self, const xmlChar* name, const xmlChar*, const xmlChar*, int,
                    const xmlChar**, int attributes, int, const xmlChar** raw) {
    XmlReader& reader = of(self);
    if (++reader.depth_ > reader.nesting_max_) {
      return reader.stop(over_limit("XML nesting", static_cast<std::size_t>(reader.nesting_max_)));
    }
    reader.handler_.start(view(name), XmlAttributes(raw, attributes));
  }

  static void end(void* self, const xmlChar* name, const xmlChar*, const xmlChar*) {
    --of(self).depth_;
    of(self).handler_.end(view(name));
  }

  static void characters(void* self, const xmlChar* text, int length) {
    of(self).handler_.characters(
        {reinterpret_cast<const char*>(text), static_cast<std::size_t>(length)});
  }

  static void doctype(void* self, const xmlChar*, const xmlChar*, const xmlChar*) {
    of(self).stop({ErrorKind::kInvalid,
                   "XML with a DOCTYPE is not read: it could name files or entities without end"});
  }
};

XmlReader::XmlReader(XmlHandler& handler, int nesting_max)
    : handler_(handler), nesting_max_(nesting_max) {
  static std::once_flag once;
  std::call_once(once, xmlInitParser);
  xmlSAXHandler sax{};
  sax.initialized = XML_SAX2_MAGIC;
  sax.startElementNs = Events::start;
  sax.endElementNs = Events::end;
  sax.characters = Events::characters;
  sax.cdataBlock = Events::characters;
  sax.internalSubset = Events::doctype;
  parser_.reset(xmlCreatePushParserCtxt(&sax, this, nullptr, 0, nullptr));
  if (parser_) {
    xmlCtxtUseOptions(parser_.get(), XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  }
}

XmlReader::~XmlReader() = default;

void XmlReader::Free::operator()(_xmlParserCtxt* parser) const { xmlFreeParserCtxt(parser); }

void XmlReader::stop(Error error) {
  if (!error_) error_ = std::move(error);
  xmlStopParser(parser_.get());
}

Result<void> XmlReader::state(int code) const {
  if (error_) return *error_;
  if (code == XML_ERR_OK || parser_->wellFormed != 0) return {};
  return Error{ErrorKind::kInvalid,
               "malformed XML (libxml2 error " + std::to_string(code) + " on line " +
                   std::to_string(parser_->input != nullptr ? parser_->input->line : 0) + ")"};
}

Result<void> XmlReader::feed(std::string_view piece) {
  if (!parser_) return Error{ErrorKind::kExhausted, "no memory for the XML parser"};
  if (error_) return *error_;
  return state(xmlParseChunk(parser_.get(), piece.data(), static_cast<int>(piece.size()), 0));
}

Result<void> XmlReader::finish() {
  if (!parser_) return Error{ErrorKind::kExhausted, "no memory for the XML parser"};
  if (error_) return *error_;
  return state(xmlParseChunk(parser_.get(), nullptr, 0, 1));
}

}  // namespace gantry::pipeline
