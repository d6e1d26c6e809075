#include <gmock/gmock.h>

#include <cstdlib>

#include "host/base/encoding.hpp"
#include "tests/unit/pipeline/documents.hpp"

/// Files made to harm, and files cut anywhere: a reason or a value, and an end.
namespace gantry::pipeline {
namespace {

using testing::HasSubstr;

void expect_sound(std::string_view bytes, std::string_view type) {
  const auto parsed = parse(bytes, type);
  if (parsed) {
    EXPECT_TRUE(is_utf8(parsed->text));
    EXPECT_FALSE(parsed->text.empty());
  } else {
    EXPECT_EQ(parsed.error().kind, ErrorKind::kInvalid) << parsed.error().message();
    EXPECT_FALSE(parsed.error().what.empty());
  }
}

std::string mail_of(const std::string& parts) {
  return "From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=x\n\n" +
         parts + "--x--\n";
}

std::string attachment(const std::string& type, const std::string& bytes) {
  return "--x\nContent-Type: " + type + "; name=a\nContent-Transfer-Encoding: base64\n\n" +
         to_base64(bytes) + "\n";
}

TEST(Hostile, AFileCutAnywhereIsAValueOrAReason) {
  for (const auto& [name, step] : {std::pair{"bill_of_lading.docx", std::size_t{97}},
                                   {"tender_list.xlsx", std::size_t{13}},
                                   {"tender.eml", std::size_t{997}},
                                   {"rate_confirmation.pdf", std::size_t{31}}}) {
    const std::string whole = document(name);
    for (std::size_t size = 0; size < whole.size(); size += step) {
      SCOPED_TRACE(std::string(name) + " cut at " + std::to_string(size));
      expect_sound(std::string_view(whole).substr(0, size), "");
    }
    // Each of the last bytes: tables of contents and end marks are there.
    for (std::size_t size = whole.size() - 40; size < whole.size(); ++size) {
      expect_sound(std::string_view(whole).substr(0, size), "");
    }
  }
}

TEST(Hostile, AnOfficeFileCutAnywhereIsRefused) {
  for (const char* name : {"bill_of_lading.docx", "tender_list.xlsx"}) {
    const std::string whole = document(name);
    for (std::size_t size = 4; size + 22 < whole.size(); size += 509) {
      const auto parsed =
          parse(whole.substr(0, size),
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document");
      ASSERT_FALSE(parsed.has_value()) << name << " cut at " << size;
      EXPECT_THAT(parsed.error().what, HasSubstr("cut off")) << name << " cut at " << size;
    }
  }
}

TEST(Hostile, AZipBombIsRefusedByItsRatio) {
  const std::string bomb = docx_of(word_xml(paragraph(std::string(8 << 20, 'a'))));
  ASSERT_LT(bomb.size(), std::size_t{20'000});
  EXPECT_THAT(refusal(bomb, ""), HasSubstr("expansion ratio of the zip exceeds the limit of 200"));
}

TEST(Hostile, BombsSpreadOverAttachmentsShareOneLimit) {
  ParseOptions options;
  options.limits.unpacked_bytes_max = 3 << 20;
  const std::string one = docx_of(word_xml(paragraph(std::string(900'000, 'a'))));
  EXPECT_TRUE(parse(one, "", options).has_value());
  std::string parts;
  for (int i = 0; i < 5; ++i) parts += attachment("application/octet-stream", one);
  EXPECT_THAT(refusal(mail_of(parts), "message/rfc822", options),
              HasSubstr("unpacked size in bytes exceeds the limit of 3145728"));
}

TEST(Hostile, AZipInsideAnOfficeFileIsNotOpened) {
  const std::string inner = docx_of(word_xml(paragraph("inner words")));
  const std::string outer = zip_of({{"word/document.xml", word_xml(paragraph("outer words"))},
                                    {"word/embeddings/inner.docx", inner}});
  EXPECT_EQ(parse(outer, "").value().text, "outer words");
}

TEST(Hostile, AZipOfManyFilesIsRefused) {
  std::vector<std::pair<std::string, std::string>> files = {
      {"word/document.xml", word_xml(paragraph("words"))}};
  for (int i = 0; i < 20; ++i) files.emplace_back("f" + std::to_string(i), "");
  ParseOptions options;
  options.limits.archive_entries_max = 10;
  EXPECT_THAT(refusal(zip_of(files), "", options),
              HasSubstr("files in the zip exceeds the limit of 10"));
}

TEST(Hostile, EntitiesAreNeverExpandedAndFilesNeverFetched) {
  const std::string laughs =
      "<?xml version=\"1.0\"?><!DOCTYPE lolz [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">"
      "<!ENTITY c \"&b;&b;&b;&b;\">]>" +
      word_xml(paragraph("&c;"));
  EXPECT_THAT(refusal(docx_of(laughs), ""), HasSubstr("DOCTYPE"));
  const std::string fetch =
      "<!DOCTYPE d [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>" + word_xml(paragraph("&x;"));
  EXPECT_THAT(refusal(docx_of(fetch), ""), HasSubstr("DOCTYPE"));
  const std::string remote =
      "<!DOCTYPE d SYSTEM \"http://127.0.0.1:9/d.dtd\">" + word_xml(paragraph("x"));
  EXPECT_THAT(refusal(docx_of(remote), ""), HasSubstr("DOCTYPE"));
  EXPECT_THAT(refusal(docx_of(word_xml(paragraph("&undeclared;"))), ""),
              HasSubstr("malformed XML"));
}

TEST(Hostile, DeepXmlIsRefused) {
  std::string deep;
  for (int i = 0; i < 300; ++i) deep += "<w:sdt>";
  EXPECT_THAT(refusal(docx_of(word_xml(deep)), ""),
              HasSubstr("XML nesting exceeds the limit of 200"));
}

TEST(Hostile, OneLongStringThatManyCellsShareIsRefused) {
  std::string cells;
  for (int i = 0; i < 2000; ++i) cells += "<c t=\"s\"><v>0</v></c>";
  const auto book = zip_of(
      {{"xl/workbook.xml",
        "<workbook xmlns:r=\"u\"><sheets><sheet name=\"S\" r:id=\"a\"/></sheets></workbook>"},
       {"xl/_rels/workbook.xml.rels",
        "<Relationships><Relationship Id=\"a\" Target=\"w.xml\"/></Relationships>"},
       {"xl/sharedStrings.xml", "<sst><si><t>" + std::string(50'000, 'x') + "</t></si></sst>"},
       {"xl/w.xml", "<worksheet><sheetData><row>" + cells + "</row></sheetData></worksheet>"}});
  EXPECT_THAT(refusal(book, ""), HasSubstr("text size in bytes exceeds"));
}

std::string mails_in_mails(int depth) {
  std::string mail = "From: a@b.example\nDate: x\n\nthe innermost words\n";
  for (int i = 0; i < depth; ++i) {
    const std::string boundary = "boundary-" + std::to_string(i);
    mail = "From: a@b.example\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=" +
           boundary + "\n\n--" + boundary + "\nContent-Type: message/rfc822\n\n" + mail + "\n--" +
           boundary + "--\n";
  }
  return mail;
}

TEST(Hostile, MailsInMailsHaveADepth) {
  EXPECT_THAT(parse(mails_in_mails(5), "").value().text, HasSubstr("the innermost words"));
  EXPECT_THAT(refusal(mails_in_mails(6), ""),
              HasSubstr("depth of attached mails exceeds the limit of 5"));
}

TEST(Hostile, AMailWithTooManyAttachmentsIsRefused) {
  ParseOptions options;
  options.limits.attachments_max = 3;
  std::string parts;
  for (int i = 0; i < 4; ++i) parts += attachment("text/plain", "words");
  EXPECT_THAT(refusal(mail_of(parts), "message/rfc822", options),
              HasSubstr("number of attachments exceeds the limit of 3"));
}

TEST(Hostile, MultipartsWithoutEndAreRefused) {
  std::string mail = "From: a@b.example\nMIME-Version: 1.0\n";
  for (int i = 0; i < 3000; ++i) {
    const std::string boundary = "b" + std::to_string(i);
    mail += "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n";
  }
  EXPECT_THAT(refusal(mail, "message/rfc822"), HasSubstr("mail"));
}

TEST(Hostile, DeepMultipartsAreRefused) {
  std::string open = "From: a@b.example\nMIME-Version: 1.0\n", close;
  for (int i = 0; i < 210; ++i) {
    const std::string boundary = "b" + std::to_string(i);
    open += "Content-Type: multipart/mixed; boundary=" + boundary + "\n\n--" + boundary + "\n";
    close.insert(0, "--" + boundary + "--\n");
  }
  EXPECT_THAT(refusal(open + "\nwords\n" + close, "message/rfc822"),
              HasSubstr("mail nesting exceeds the limit of 200"));
}

TEST(Hostile, ATableWithTooManyColumnsIsRefused) {
  ParseOptions options;
  options.limits.columns_max = 3;
  EXPECT_TRUE(parse("a,b,c\n1,2,3\n", "text/csv", options).has_value());
  EXPECT_THAT(refusal("a,b,c\n1,2,3,4\n", "text/csv", options),
              HasSubstr("number of CSV columns exceeds the limit of 3"));
  EXPECT_THAT(refusal(document("tender_list.xlsx"), "", options),
              HasSubstr("number of cells in a row exceeds the limit of 3"));
}

TEST(Hostile, TheSizeOfWhatComesInAndGoesOutIsLimitedForEachKind) {
  for (const char* name :
       {"rate_confirmation.pdf", "bill_of_lading.docx", "tender_list.xlsx", "tender.eml"}) {
    const std::string whole = document(name);
    ParseOptions options;
    options.limits.input_bytes_max = whole.size() - 1;
    EXPECT_THAT(refusal(whole, "", options), HasSubstr("content size in bytes exceeds")) << name;
    options.limits = {};
    options.limits.output_bytes_max = 20;
    EXPECT_THAT(refusal(whole, "", options),
                HasSubstr("text size in bytes exceeds the limit of 20"))
        << name;
  }
}

TEST(Hostile, AnEmptyFileOfEachKindSaysSo) {
  for (const std::string_view type : content_types()) {
    for (const std::string_view empty : {"", " \r\n\t "}) {
      EXPECT_EQ(refusal(empty, type), "empty content") << type;
    }
  }
  EXPECT_THAT(refusal(docx_of(word_xml("")), ""), HasSubstr("no words"));
}

TEST(Hostile, APdfKeepsToPagesTextTimeAndMemory) {
  const std::string pdf = document("rate_confirmation.pdf");
  ParseOptions options;
  options.limits.pages_max = 1;
  EXPECT_THAT(refusal(pdf, "", options), HasSubstr("PDF pages exceeds the limit of 1"));
  options.limits = {};
  options.limits.output_bytes_max = 50;
  EXPECT_THAT(refusal(pdf, "", options), HasSubstr("text size in bytes exceeds the limit of 50"));
  options.limits = {};
  options.limits.pdf_seconds_max = 0;
  EXPECT_THAT(refusal(pdf, "", options), HasSubstr("processor time in seconds"));
  options.limits = {};
  // Less than the program itself takes: whatever it asks for next is too much.
  options.limits.pdf_memory_mib_max = 8;
  EXPECT_THAT(refusal(pdf + std::string(4 << 20, '\0'), "", options),
              HasSubstr("memory in MiB for a PDF exceeds the limit of 8"));
}

TEST(Hostile, AMissingPdfReaderIsNoFaultOfThePdf) {
  const std::string kept = std::getenv("GANTRY_PDF_TEXT");
  ::setenv("GANTRY_PDF_TEXT", "/nonexistent/gantry-pdf-text", 1);
  const auto parsed = parse(document("rate_confirmation.pdf"), "");
  const auto tried = try_pdf_reader();
  ::setenv("GANTRY_PDF_TEXT", kept.c_str(), 1);
  ASSERT_FALSE(parsed.has_value());
  EXPECT_EQ(parsed.error().kind, ErrorKind::kUnavailable);
  EXPECT_THAT(parsed.error().what, HasSubstr("/nonexistent/gantry-pdf-text: No such file"));
  EXPECT_THAT(tried.error().what, HasSubstr("beside the gantry program"));
  EXPECT_EQ(try_pdf_reader().value(), kept);
}

/// One page that shows `content`, with its cross-references left to be rebuilt.
std::string pdf_of(const std::string& content) {
  return "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
         "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
         "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</Font"
         "<</F 5 0 R>>/XObject<</X 6 0 R>>>>>>endobj\n4 0 obj<</Length " +
         std::to_string(content.size()) + ">>stream\n" + content +
         "\nendstream endobj\n5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n" +
         "6 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 60/Resources<</XObject<</X 6 0 R"
         ">>>>>>stream\n/X Do /X Do /X Do\nendstream endobj\n"
         "trailer<</Root 1 0 R/Size 7>>\n%%EOF\n";
}

/// One page that shows a form, which shows the next one ten times, and so on: 10^12 in the end.
std::string endless_pdf() {
  std::string pdf =
      "%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
      "2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
      "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<</XObject"
      "<</X 10 0 R>>>>>>endobj\n4 0 obj<</Length 5>>stream\n/X Do\nendstream endobj\n";
  std::string shows;
  for (int i = 0; i < 10; ++i) shows += "/X Do ";
  for (int level = 10; level < 22; ++level) {
    pdf += std::to_string(level) + " 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length " +
           std::to_string(shows.size()) + "/Resources<</XObject<</X " + std::to_string(level + 1) +
           " 0 R>>>>>>stream\n" + shows + "\nendstream endobj\n";
  }
  return pdf +
         "22 0 obj<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Length 1>>stream\n \nendstream "
         "endobj\ntrailer<</Root 1 0 R/Size 23>>\n%%EOF\n";
}

TEST(Hostile, APdfThatNeverEndsIsStopped) {
  ParseOptions options;
  options.limits.pdf_seconds_max = 1;
  EXPECT_THAT(refusal(endless_pdf(), "", options),
              HasSubstr("processor time in seconds for PDFs exceeds the limit of 1"));
}

TEST(Hostile, EndlessPdfsInOneMailShareOneTime) {
  ParseOptions options;
  options.limits.pdf_seconds_max = 1;
  std::string parts;
  for (int i = 0; i < 3; ++i) parts += attachment("application/pdf", endless_pdf());
  // Were each to have its own second, the mail would be kept and each be named as not read.
  EXPECT_THAT(refusal(mail_of(parts), "message/rfc822", options),
              HasSubstr("processor time in seconds for PDFs exceeds the limit of 1"));
}

TEST(Hostile, APdfThatContainsItselfIsAValueOrAReason) { expect_sound(pdf_of("/X Do"), ""); }

TEST(Labels, ASignatureOutranksTheLabel) {
  const std::string pdf = document("rate_confirmation.pdf");
  for (const char* label : {"text/plain", "application/json", "application/msword", "text/csv"}) {
    EXPECT_EQ(parse(pdf, label).value().content_type, "application/pdf") << label;
  }
  EXPECT_THAT(refusal("\x89PNG\r\n\x1a\n....", "text/plain"), HasSubstr("image/png"));
}

TEST(Labels, ALabelThatNeedsASignatureIsHeldToIt) {
  EXPECT_THAT(refusal("<html><body>Session expired</body></html>", "application/pdf"),
              HasSubstr("look like \"text/html\""));
  EXPECT_THAT(
      refusal("plain words", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
      HasSubstr("bytes are not"));
}

TEST(Labels, BetweenKindsOfTextTheLabelDecides) {
  EXPECT_EQ(parse("A,B,C\n1,2,3\n4,5,6\n", "text/plain").value().content_type, "text/plain");
  EXPECT_EQ(parse("A;B\n1;2\n", "application/vnd.ms-excel").value().content_type, "text/csv");
}

TEST(Labels, OldAndEncryptedOfficeFilesSayWhatToDo) {
  using namespace std::string_view_literals;
  const std::string old = std::string("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") + std::string(600, '\0');
  EXPECT_THAT(refusal(old, "application/msword"), HasSubstr(".docx"));
  const std::string locked =
      old + std::string("E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"sv);
  EXPECT_THAT(refusal(locked, ""), HasSubstr("encrypted"));
}

TEST(Labels, AMailIsSeenInTheBytesAndProseIsNot) {
  EXPECT_EQ(sniff("Received: from x\r\n\tby y\r\nFrom: a@b\r\n\r\nhi"), "message/rfc822");
  EXPECT_EQ(sniff("From a@b Wed Nov 25 2026\nFrom: a@b\nDate: x\n\nhi"), "message/rfc822");
  EXPECT_EQ(sniff("From: Chicago\nTo: Gary\n\nlane notes"), "text/plain");
  EXPECT_EQ(sniff("Note: the carrier\nis late"), "text/plain");
}

}  // namespace
}  // namespace gantry::pipeline
