// Archives: made here, well and badly.

#include <archive.h>
#include <archive_entry.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "tests/unit/files/support.hpp"

namespace gantry::files::test {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

void write_gzip(const std::filesystem::path& path, std::string_view content) {
  const gzFile file = gzopen(path.c_str(), "wb9");
  ASSERT_NE(file, nullptr);
  ASSERT_EQ(gzwrite(file, content.data(), static_cast<unsigned>(content.size())),
            static_cast<int>(content.size()));
  ASSERT_EQ(gzclose(file), Z_OK);
}

struct Item {
  std::string name;
  std::string content;
  unsigned type = AE_IFREG;
};

void write_zip(const std::filesystem::path& path, const std::vector<Item>& items,
               const char* options = nullptr) {
  archive* out = archive_write_new();
  archive_write_set_format_zip(out);
  if (options != nullptr) {
    ASSERT_EQ(archive_write_set_options(out, options), ARCHIVE_OK);
    archive_write_set_passphrase(out, "secret");
  }
  ASSERT_EQ(archive_write_open_filename(out, path.c_str()), ARCHIVE_OK);
  for (const Item& item : items) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname_utf8(entry, item.name.c_str());
    archive_entry_set_filetype(entry, item.type);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, static_cast<la_int64_t>(item.content.size()));
    if (item.type == AE_IFLNK) archive_entry_set_symlink(entry, "/etc/passwd");
    ASSERT_EQ(archive_write_header(out, entry), ARCHIVE_OK) << archive_error_string(out);
    if (item.type == AE_IFREG) {
      archive_write_data(out, item.content.data(), item.content.size());
    }
    archive_entry_free(entry);
  }
  ASSERT_EQ(archive_write_close(out), ARCHIVE_OK);
  archive_write_free(out);
}

/// The reason for which the one file in the directory was put into error.
std::string reason(World& world) {
  EXPECT_THAT(world.claim_stable(), IsEmpty());
  EXPECT_THAT(names_in(world.processing()), IsEmpty());
  return slurp_ending(world.error(), ".err");
}

TEST(Unpack, AGzipFileBecomesTheFileInIt) {
  World world;
  write_gzip(world.in() / "loads.csv.gz", "id\n1\n");
  const auto files = world.claim_stable();
  ASSERT_THAT(names_of(files), ElementsAre("loads.csv"));
  EXPECT_EQ(world.content(files[0]), "id\n1\n");
  EXPECT_EQ(world.content(files[0], 3), "1\n");
  EXPECT_THAT(names_in(world.archive()), ElementsAre("loads.csv.gz"));
}

TEST(Unpack, GzipIsKnownByItsBytesWhateverItsName) {
  World world;
  write_gzip(world.in() / "loads.csv", "id\n1\n");
  EXPECT_EQ(world.content(world.claim_stable().at(0)), "id\n1\n");
}

TEST(Unpack, EveryFileOfAZipIsAFileOfItsOwn) {
  World world;
  write_zip(world.in() / "day.zip", {{"a.csv", "A"},
                                     {"sub/", "", AE_IFDIR},
                                     {"sub/a.csv", "B"},
                                     {"Ladeliste München.csv", std::string(700'000, 'x')}});
  auto files = world.claim_stable();
  ASSERT_THAT(names_of(files), ElementsAre("a.csv", "a.csv", "Ladeliste München.csv"));
  EXPECT_EQ(world.content(files[0]), "A");
  EXPECT_EQ(world.content(files[1]), "B");
  EXPECT_EQ(files[2].size, 700'000u);
  world.archive_file(files[0]);
  world.rooms().reject("carrier", files[1], "no header").value();
  world.archive_file(files[2]);
  EXPECT_THAT(names_in(world.archive()), ElementsAre("Ladeliste München.csv", "a.csv", "day.zip"));
  EXPECT_THAT(slurp_ending(world.error(), ".err"), HasSubstr("Out of:  day.zip\n"));
}

TEST(Unpack, TheSameArchiveAgainIsReadOnlyWhereItIsNew) {
  World world;
  write_zip(world.in() / "monday.zip", {{"a.csv", "A"}, {"b.csv", "B"}});
  for (const auto& file : world.claim_stable()) world.archive_file(file);
  write_zip(world.in() / "tuesday.zip", {{"a.csv", "A"}, {"b.csv", "new"}});
  EXPECT_THAT(names_of(world.claim_stable()), ElementsAre("b.csv"));
}

TEST(Unpack, FilesOfAnArchiveAreHandedOutInPartsToo) {
  World world;
  write_zip(world.in() / "day.zip", {{"a", "A"}, {"b", "B"}, {"c", "C"}});
  EXPECT_THAT(names_of(world.claim_stable(2)), ElementsAre("a", "b"));
  EXPECT_THAT(names_of(world.claim(2, "run-2")), ElementsAre("c"));
}

TEST(Unpack, ATruncatedGzipIsRefusedAtEveryLength) {
  World world;
  write_gzip(world.in() / "whole.gz", "id,name\n1,Alice\n2,Bob\n");
  const std::string whole = slurp(world.in() / "whole.gz");
  std::filesystem::remove(world.in() / "whole.gz");
  for (std::size_t size = 2; size < whole.size(); ++size) {
    World fresh;
    write(fresh.in() / "loads.csv.gz", whole.substr(0, size));
    EXPECT_THAT(reason(fresh), HasSubstr("Problem: it is")) << size;
  }
}

TEST(Unpack, AGzipWhoseChecksumIsWrongIsRefused) {
  World world;
  write_gzip(world.in() / "loads.csv.gz", "id,name\n1,Alice\n");
  std::string bytes = slurp(world.in() / "loads.csv.gz");
  bytes[bytes.size() - 8] = static_cast<char>(bytes[bytes.size() - 8] ^ 1);
  write(world.in() / "loads.csv.gz", bytes);
  EXPECT_THAT(reason(world), HasSubstr("damaged"));
}

TEST(Unpack, ATruncatedZipIsRefusedAtEveryLength) {
  World world;
  write_zip(world.in() / "day.zip", {{"a.csv", "id\n1\n"}, {"b.csv", "id\n2\n"}});
  const std::string whole = slurp(world.in() / "day.zip");
  for (std::size_t size = 1; size < whole.size(); size += 3) {
    World fresh;
    write(fresh.in() / "day.zip", whole.substr(0, size));
    EXPECT_THAT(reason(fresh), HasSubstr("Problem: it")) << size;
    EXPECT_THAT(names_in(fresh.archive()), IsEmpty()) << size;
  }
}

TEST(Unpack, AZipWithAWrongChecksumIsRefused) {
  World world;
  write_zip(world.in() / "day.zip", {{"a.csv", std::string(3000, 'a') + "id"}}, nullptr);
  std::string bytes = slurp(world.in() / "day.zip");
  // The CRC of the one entry in the central directory (APPNOTE 4.3.12: 16 bytes into it).
  const std::size_t central = bytes.find("PK\x01\x02");
  ASSERT_NE(central, std::string::npos);
  bytes[central + 16] = static_cast<char>(bytes[central + 16] ^ 1);
  write(world.in() / "day.zip", bytes);
  EXPECT_THAT(reason(world), HasSubstr("damaged"));
}

TEST(Unpack, AnEncryptedZipIsRefusedInWords) {
  for (const char* way : {"zip:encryption=traditional", "zip:encryption=aes256"}) {
    World world;
    write_zip(world.in() / "day.zip", {{"a.csv", "id\n1\n"}}, way);
    EXPECT_THAT(reason(world), HasSubstr("encrypted; send it without a password")) << way;
  }
}

TEST(Unpack, ABombIsDefusedByItsRatioBeforeItFillsTheDisk) {
  World gzip;
  write_gzip(gzip.in() / "bomb.gz", std::string(8 << 20, '\0'));
  EXPECT_THAT(reason(gzip), HasSubstr("more than 100 times its size"));
  World zip;
  write_zip(zip.in() / "bomb.zip", {{"a.csv", "id"}, {"b.csv", std::string(8 << 20, '\0')}});
  EXPECT_THAT(reason(zip), HasSubstr("more than 100 times its size"));
}

TEST(Unpack, AHonestSmallFileMayExpandFreely) {
  World world;
  write_gzip(world.in() / "zeros.gz", std::string(500'000, '0'));
  EXPECT_EQ(world.claim_stable().at(0).size, 500'000u);
}

TEST(Unpack, SizeAndNumberOfWhatComesOutAreCapped) {
  World entry;
  entry.files.size_max = 1000;
  write_gzip(entry.in() / "a.gz", std::string(1001, 'a'));
  EXPECT_THAT(reason(entry), HasSubstr("larger than 1000 bytes"));
  World total;
  total.files.unpacked_max = 1500;
  write_zip(total.in() / "a.zip", {{"a", std::string(1000, 'a')}, {"b", std::string(1000, 'b')}});
  EXPECT_THAT(reason(total), HasSubstr("larger than 1500 bytes"));
  World count;
  count.files.entries_max = 2;
  write_zip(count.in() / "a.zip", {{"a", "1"}, {"b", "2"}, {"c", "3"}});
  EXPECT_THAT(reason(count), HasSubstr("more than 2 files"));
}

TEST(Unpack, EntriesThatLeadOutOrAreNoFilesAreRefused) {
  const Item hostile[] = {{"../../etc/cron.d/x", "x"},
                          {"/etc/passwd", "x"},
                          {"..\\..\\x.csv", "x"},
                          {"-rf", "x"},
                          {"a\nb", "x"},
                          {"link", "", AE_IFLNK}};
  for (const Item& item : hostile) {
    World world;
    write_zip(world.in() / "day.zip", {{"a.csv", "id"}, item});
    EXPECT_THAT(reason(world), AnyOf(HasSubstr("a file in it has a"), HasSubstr("no plain file")))
        << item.name;
    EXPECT_THAT(names_in(world.error()), ElementsAre("day.zip", "day.zip.err")) << item.name;
  }
}

TEST(Unpack, AnArchiveInAnArchiveIsNotOpened) {
  World world;
  write_gzip(world.in().parent_path() / "inner.gz", "id");
  write_zip(world.in() / "day.zip",
            {{"loads.csv.gz", slurp(world.in().parent_path() / "inner.gz")}});
  EXPECT_THAT(reason(world), HasSubstr("archive inside an archive"));
}

TEST(Unpack, ANameThatPromisesAnArchiveMustHoldOne) {
  for (const char* name : {"loads.csv.gz", "loads.ZIP"}) {
    World world;
    write(world.in() / name, "id\n1\n");
    EXPECT_THAT(reason(world), HasSubstr("but it is no ")) << name;
  }
}

TEST(Unpack, ASpreadsheetIsNoArchive) {
  World world;
  write_zip(world.in() / "day.zip", {{"[Content_Types].xml", "<x/>"}});
  std::filesystem::rename(world.in() / "day.zip", world.in() / "day.xlsx");
  EXPECT_THAT(names_of(world.claim_stable()), ElementsAre("day.xlsx"));
}

}  // namespace
}  // namespace gantry::files::test
