// However a file is cut: chunks, truncation, checkpoints, size.

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "tests/unit/edi/edi_host.hpp"

namespace gantry::edi_test {
namespace {

std::vector<std::string> fixtures() {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(GANTRY_EDI_FIXTURES)) {
    if (entry.path().extension() == ".edi") out.push_back(entry.path().string());
  }
  return out;
}

/// All that a reading gives, as one text.
std::string all_of(const Read& result) {
  std::string out = std::to_string(result.status) + result.error.message + '\n';
  for (const auto& r : result.records) {
    out += r.kind + '|' + r.key + '|' + r.title + '|' + r.text + '|' + r.metadata + '|' +
           r.participants + '|' + r.raw + '|' + std::to_string(r.version) + '|' +
           std::to_string(r.occurred_at_ns) + '|' + std::to_string(r.flags) + '\n';
  }
  for (const auto& [raw, error] : result.rejected) out += raw + '|' + error.message + '\n';
  for (const auto& [name, content] : result.outbox) out += name + '|' + content + '\n';
  return out;
}

std::string wild() {
  std::string all = "\xEF\xBB\xBFnoise before\n";
  for (const auto& file : fixtures()) all += slurp(file) + "\r\n \t";
  std::string unusual = fixture("tender_204.edi");
  for (auto at = unusual.find('~'); at != std::string::npos; at = unusual.find('~', at)) {
    unusual.replace(at, 1, "\xE2\x80\xA6");
  }
  all += unusual + "more noise, ISA inside " + fixture("status_214.edi") + "ISA*cut";
  return all;
}

TEST(EdiReader, ChunksOfAnySizeGiveTheSame) {
  const std::string bytes = wild();
  const std::string whole = all_of(read(bytes));
  for (const std::size_t chunk : {1u, 7u, 101u, 4096u, 65'536u}) {
    How how;
    how.chunk = chunk;
    EXPECT_EQ(all_of(read(bytes, "{}", how)), whole) << chunk;
  }
}

TEST(EdiReader, ATruncatedFileLosesNothingWithoutATrace) {
  for (const auto& file : fixtures()) {
    const std::string bytes = slurp(file);
    const Read whole = read(bytes);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const Read result = read(std::string_view(bytes).substr(0, size));
      if (result.status == GANTRY_OK) {
        // Only what hangs behind the last interchange may be missing.
        EXPECT_EQ(all_of(result), all_of(whole)) << file << " at " << size;
        continue;
      }
      ASSERT_EQ(result.status, GANTRY_DATA) << file << " at " << size;
      EXPECT_FALSE(result.error.message.empty());
      ASSERT_LE(result.records.size(), whole.records.size());
      // A set that was begun and not delivered is a dead letter.
      std::size_t kept = 0;
      for (const auto& [raw, error] : result.rejected) kept += raw.size();
      if (size > 0 && result.records.empty() && bytes[size - 1] > ' ' &&
          bytes.find("ST*") < size - 3) {
        EXPECT_GT(kept, 0u) << file << " at " << size;
      }
    }
  }
}

TEST(EdiReader, ATruncatedTenderIsRejectedAndSaysWhere) {
  const std::string bytes = fixture("tender_204.edi");
  const Read result = read(bytes.substr(0, bytes.find("L3*")));
  EXPECT_EQ(result.status, GANTRY_DATA);
  EXPECT_EQ(result.error.message,
            "interchange 000000417 of ACMEFOODS ends early inside set 204 0001: SE, GE and IEA are "
            "missing, at byte " +
                std::to_string(bytes.find("L3*")));
  EXPECT_TRUE(result.records.empty());
  ASSERT_EQ(result.rejected.size(), 1u);
  EXPECT_TRUE(result.rejected[0].first.starts_with("ST*204*0001~B2*"));
  EXPECT_TRUE(has_segment(result.answer(), "TA1*000000417*260114*0915*R*023"));
  EXPECT_TRUE(has_segment(result.answer(), "AK5*R*2"));
  EXPECT_TRUE(has_segment(result.answer(), "AK9*R*1*1*0*3"));
}

std::string many(std::size_t count, bool good = true) {
  std::string out =
      "ISA*00*          *00*          *ZZ*ACMEFOODS      *02*QLHT           *260114*0915*U*00401*"
      "000000500*0*T*>~GS*QM*ACMEFOODS*QLHT*20260114*0915*500*X*004010~\n";
  for (std::size_t i = 1; i <= count; ++i) {
    std::string control = std::to_string(i);
    control.insert(0, 9 - control.size(), '0');
    out += "ST*214*" + control + "~B10*PRO" + control + "*LD-" + control + "*QLHT~LX*1~AT7*" +
           (good ? "X3" : "X3X3") + "*NS***20260116*0757*LT~MS1*JOLIET*IL*US~SE*6*" + control +
           "~\n";
  }
  return out + "GE*" + std::to_string(count) + "*500~IEA*1*000000500~\n";
}

TEST(EdiReader, AFileIsTakenUpAtEveryCheckpoint) {
  const std::string bytes = many(12) + fixture("iftsta.edi") + fixture("invoice_210.edi");
  const std::string config = R"({"checkpoint_sets":1})";
  const test::Source source(fresh_plugin(), config);
  const Read whole = read_with(source, bytes);
  ASSERT_EQ(whole.status, GANTRY_OK) << whole.error.message;
  ASSERT_GE(whole.checkpoints.size(), 15u);
  for (const std::string& cursor : whole.checkpoints) {
    EXPECT_LE(cursor.size(), 64u * 1024);
    How how;
    how.cursor = cursor;
    how.sha256 = to_hex(sha256(bytes));
    const Read rest = read_with(source, bytes, how);
    ASSERT_EQ(rest.status, GANTRY_OK) << rest.error.message;
    // The tail of the records, and the same answers under the same names.
    ASSERT_LE(rest.records.size(), whole.records.size());
    for (std::size_t i = 0; i < rest.records.size(); ++i) {
      const auto& wanted = whole.records[whole.records.size() - rest.records.size() + i];
      EXPECT_EQ(rest.records[i].key, wanted.key);
      EXPECT_EQ(rest.records[i].raw, wanted.raw);
      EXPECT_EQ(rest.records[i].version, wanted.version);
    }
    EXPECT_EQ(rest.outbox, whole.outbox);
  }
}

TEST(EdiReader, AForeignCursorIsRefused) {
  const test::Source source(fresh_plugin(), "{}");
  for (const auto* cursor : {"x", "{}", R"({"v":2})", R"({"v":1,"x12":{}})"}) {
    How how;
    how.cursor = cursor;
    EXPECT_EQ(read_with(source, "ISA", how).status, GANTRY_DATA) << cursor;
  }
}

TEST(EdiReader, AStoppedSinkEndsTheReading) {
  const test::Source source(fresh_plugin(), R"({"checkpoint_sets":1})");
  plugin().world().records_max = 3;
  const std::string bytes = many(10);
  const Read first = read_with(source, bytes);
  EXPECT_EQ(first.status, GANTRY_OK);
  EXPECT_EQ(first.records.size(), 3u);
  EXPECT_TRUE(first.outbox.empty());
  plugin().world().records_max = SIZE_MAX;
  How how;
  how.cursor = first.checkpoints.back();
  const Read second = read_with(source, bytes, how);
  EXPECT_EQ(second.status, GANTRY_OK);
  EXPECT_EQ(second.records.size(), 8u);  // The third comes again: its checkpoint was not reached.
  EXPECT_TRUE(has_segment(second.answer(), "AK9*A*10*10*10"));
}

TEST(EdiReader, ACancelledCallEnds) {
  const test::Source source(fresh_plugin(), "{}");
  plugin().world().cancelled = true;
  EXPECT_EQ(read_with(source, many(1)).status, GANTRY_CANCELLED);
}

TEST(EdiReader, CursorsStaySmallWhenEverySetHasErrors) {
  const test::Source source(fresh_plugin(), R"({"checkpoint_sets":100})");
  const Read result = read_with(source, many(3000, false));
  ASSERT_EQ(result.status, GANTRY_OK) << result.error.message;
  EXPECT_EQ(result.records.size(), 3000u);
  EXPECT_EQ(result.checkpoints.size(), 30u);
  for (const auto& cursor : result.checkpoints) EXPECT_LE(cursor.size(), 64u * 1024);
  EXPECT_TRUE(has_segment(result.answer(), "AK4*1*1650*5*X3X3"));
  EXPECT_TRUE(has_segment(result.answer(), "AK9*E*3000*3000*3000"));
}

std::string numbered_interchanges(int from, int to) {
  std::string bytes;
  for (int i = from; i < to; ++i) {
    std::string one = fixture("status_214.edi");
    std::string control = std::to_string(i);
    control.insert(0, 9 - control.size(), '0');
    for (auto at = one.find("000000089"); at != std::string::npos;
         at = one.find("000000089", at + 9)) {
      one.replace(at, 9, control);
    }
    bytes += one;
  }
  return bytes;
}

TEST(EdiReader, ManyInterchangesWaitOutsideMemory) {
  const std::string bytes = numbered_interchanges(1, 601);
  const test::Source source(fresh_plugin(), R"({"checkpoint_sets":50})");
  const Read result = read_with(source, bytes);
  ASSERT_EQ(result.status, GANTRY_OK) << result.error.message;
  EXPECT_EQ(result.records.size(), 600u);
  EXPECT_EQ(result.outbox.size(), 600u);
  EXPECT_FALSE(result.checkpoints.empty());
  for (const auto& cursor : result.checkpoints) EXPECT_LE(cursor.size(), 64u * 1024);
  for (const auto& [key, entry] : plugin().world().kv) {
    EXPECT_LE(entry.first.size(), 64u * 1024) << key;
  }
  // A host that died behind the last answer takes the file up once more.
  How again;
  again.cursor = result.checkpoints.back();
  EXPECT_EQ(read_with(source, bytes, again).outbox, result.outbox);
}

TEST(EdiReader, WhatWaitedIsTakenAwayEightFilesLater) {
  const test::Source source(fresh_plugin(), "{}");
  const auto waiting = [] {
    std::set<std::string> files;
    for (const auto& [key, entry] : plugin().world().kv) {
      if (key.starts_with("pending/") && !entry.first.empty()) files.insert(key.substr(8, 16));
    }
    return files.size();
  };
  for (int file = 0; file < 10; ++file) {
    ASSERT_EQ(read_with(source, numbered_interchanges(file * 100, file * 100 + 100)).status,
              GANTRY_OK);
    EXPECT_EQ(waiting(), std::min<std::size_t>(8, static_cast<std::size_t>(file) + 1));
  }
}

TEST(EdiReader, AcknowledgementsOfALargeGroupDoNotWaitInMemory) {
  std::string sets;
  for (int i = 1; i <= 1000; ++i) {
    const std::string control = std::to_string(100'000 + i);
    sets += "ST*997*" + control + "~AK1*SM*" + std::to_string(i) + "~AK9*A*1*1*1~SE*4*" + control +
            "~\n";
  }
  const std::string bytes =
      "ISA*00*          *00*          *ZZ*ACMEFOODS      *02*QLHT           *260114*0915*U*00401*"
      "000000500*0*T*>~GS*FA*ACMEFOODS*QLHT*20260114*0915*500*X*004010~\n" +
      sets + "GE*1000*501~IEA*1*000000500~\n";
  const Read result = read(bytes, R"({"checkpoint_sets":100})");
  ASSERT_EQ(result.status, GANTRY_OK) << result.error.message;
  ASSERT_EQ(result.records.size(), 1000u);
  EXPECT_GE(result.checkpoints.size(), 5u);
  EXPECT_EQ(result.metadata(0)["trailer_not_awaited"], true);
}

TEST(EdiReader, LimitsAreKeptAndNamed) {
  const std::string config =
      R"({"set_bytes_max":4096,"segment_bytes_max":1024,"element_bytes_max":200})";
  const std::string head =
      "ISA*00*          *00*          *ZZ*ACMEFOODS      *02*QLHT           *260114*0915*U*00401*"
      "000000500*0*T*>~GS*SM*ACMEFOODS*QLHT*20260114*0915*500*X*004010~ST*204*0001~B2**QLHT**LD-1**"
      "PP~B2A*00~";
  const std::string tail = "SE*99*0001~GE*1*500~IEA*1*000000500~";

  std::string notes;
  for (int i = 0; i < 200; ++i) notes += "NTE**A NOTE OF SOME LENGTH, AGAIN AND AGAIN~";
  const Read large = read(head + notes + tail, config);
  EXPECT_TRUE(large.records.empty());
  std::string kept;
  for (const auto& [raw, error] : large.rejected) kept += raw;
  EXPECT_NE(kept.find("ST*204*0001~"), std::string::npos);
  EXPECT_NE(kept.find("SE*99*0001~"), std::string::npos);
  EXPECT_TRUE(has_segment(large.answer(), "AK5*R*5"));

  const Read long_element = read(head + "NTE**" + std::string(300, 'X') + '~' + tail, config);
  EXPECT_TRUE(long_element.records.empty());
  EXPECT_EQ(long_element.rejected.size(), 1u);

  const Read long_segment = read(head + "NTE**" + std::string(3000, 'X') + '~' + tail, config);
  EXPECT_EQ(long_segment.status, GANTRY_DATA);
  EXPECT_NE(long_segment.error.message.find("segment_bytes_max"), std::string::npos);
  EXPECT_FALSE(long_segment.rejected.empty());
}

TEST(EdiReader, TheFirstBytesTellWhatAFileIs) {
  const test::Source source(fresh_plugin(), "{}");
  const auto* batch = source.capability<gantry_batch>(GANTRY_CAP_BATCH);
  const gantry_file_info info{sizeof info, 0, test::span("orders.csv"), {}, UINT64_MAX, 0};
  const auto probe = [&](std::string_view head) {
    return batch->probe(source.instance(), &info, test::span(head));
  };
  EXPECT_EQ(probe(fixture("tender_204.edi")), 100);
  EXPECT_EQ(probe("\xEF\xBB\xBF \r\n" + fixture("tender_204.edi")), 100);
  EXPECT_EQ(probe(fixture("iftmin.edi")), 100);
  EXPECT_EQ(probe(fixture("iftsta.edi")), 100);
  EXPECT_EQ(probe("ISAAC,NAME\n1,2\n"), 0);
  EXPECT_EQ(probe("load,carrier\nISA*1,2\n"), 0);
  EXPECT_EQ(probe("UNABLE,TO\n"), 0);
  EXPECT_EQ(probe(""), 0);
}

}  // namespace
}  // namespace gantry::edi_test
