#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "host/base/error.hpp"

struct _xmlParserCtxt;  // NOLINT(bugprone-reserved-identifier): libxml2 calls it so

namespace gantry::pipeline {

/// The attributes of one element, by local name. Valid during the call.
class XmlAttributes {
 public:
  XmlAttributes(const unsigned char** raw, int count) : raw_(raw), count_(count) {}
  /// Empty where there is none.
  std::string_view get(std::string_view local_name) const;

 private:
  const unsigned char** raw_;
  int count_;
};

/// Takes a document's events; names are local names, text is UTF-8.
class XmlHandler {
 public:
  XmlHandler() = default;
  XmlHandler(const XmlHandler&) = delete;
  XmlHandler& operator=(const XmlHandler&) = delete;
  virtual ~XmlHandler() = default;
  virtual void start(std::string_view name, const XmlAttributes& attributes) = 0;
  virtual void end(std::string_view name) = 0;
  virtual void characters(std::string_view text) = 0;
};

/// Reads one XML document piece by piece: no tree, no network, no file, and no DOCTYPE, without
/// which there are no entities to expand or to fetch. Not thread-safe.
class XmlReader {
 public:
  /// `handler` must outlive this.
  XmlReader(XmlHandler& handler, int nesting_max);
  ~XmlReader();
  XmlReader(const XmlReader&) = delete;
  XmlReader& operator=(const XmlReader&) = delete;

  /// kInvalid, with the reason, from the first piece on that is no XML.
  Result<void> feed(std::string_view piece);
  /// kInvalid where the document is not complete.
  Result<void> finish();

 private:
  struct Free {
    void operator()(_xmlParserCtxt* parser) const;
  };
  struct Events;

  Result<void> state(int code) const;
  void stop(Error error);

  XmlHandler& handler_;
  int nesting_max_;
  int depth_ = 0;
  std::optional<Error> error_;
  std::unique_ptr<_xmlParserCtxt, Free> parser_;
};

}  // namespace gantry::pipeline
