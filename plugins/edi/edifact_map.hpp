#pragma once

#include <string_view>
#include <vector>

#include "document.hpp"
#include "edifact_tokens.hpp"

namespace gantry::edi {

/// What one EDIFACT message type becomes, and which of its segments must be there.
struct MessageType {
  std::string_view name;
  std::string_view kind;
  std::string_view title;
  std::string_view mandatory;  ///< " BGM DTM ": tags that must occur.
  std::string_view known;      ///< Tags that the message may hold.
};

const MessageType* find_message(std::string_view name);

/// IFTMIN, IFTSTA, INVOIC, DESADV.
void map_message(const MessageType& type, const std::vector<EdifactSegment>& segments,
                 Warnings& warnings, Document& out);
/// CONTRL: what a partner says of what we sent.
void map_contrl(const std::vector<EdifactSegment>& segments, Warnings& warnings, Document& out);

}  // namespace gantry::edi
