/// EDIFACT messages, UN directories D.93A to D.97B: kinds, the segments that must be there, and
/// those that may.

#include "../edifact_map.hpp"

namespace gantry::edi {
namespace {

constexpr MessageType kMessages[] = {
    {"IFTMIN", "load_tender", "Transport instruction", " BGM ",
     " BGM CTA COM DTM TSR CUX MOA FTX CNT DOC GDS LOC TOD RFF GOR MEA DIM EQD EQN TMP RNG GID HAN "
     "PIA NAD PCI SGP TDT CPI TCC PRI EQA PCD SEL DGS CST GIN PAC GDS "},
    {"IFTSTA", "shipment_status", "Transport status", " BGM ",
     " BGM DTM TSR NAD CTA COM RFF LOC FTX CNI CNT STS DOC TDT EQD MEA DIM SEL TPL TMD GID HAN SGP "
     "DGS GDS PCI GIN PAC EQA "},
    {"INVOIC", "freight_invoice", "Invoice", " BGM ",
     " BGM DTM PAI ALI IMD FTX LOC GIS DGS GIR RFF NAD FII DOC CTA COM TAX MOA CUX PCD TDT TSR TOD "
     "EQD SEL PAT PAC MEA PCI GIN ALC QTY RNG RTE LIN PIA QVR PRI APR CNT UNS RCS ARD INP "},
    {"DESADV", "ship_notice", "Despatch advice", " BGM ",
     " BGM DTM ALI MEA MOA CUX RFF NAD LOC CTA COM TOD FTX TDT EQD SEL EQA CPS PAC QTY HAN PCI GIN "
     "GIR LIN PIA IMD PRI DLM CDI QVR CNT DGS SGP PCD "},
    {"CONTRL", "functional_ack", "Syntax report", "", " UCI UCM UCS UCD UCF "},
};

}  // namespace

const MessageType* find_message(std::string_view name) {
  for (const auto& message : kMessages) {
    if (message.name == name) return &message;
  }
  return nullptr;
}

}  // namespace gantry::edi
