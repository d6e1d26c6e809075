#include "tests/unit/pipeline/documents.hpp"

#include <gmock/gmock.h>

#include "host/base/encoding.hpp"

namespace gantry::pipeline {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::string_view kDocx =
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
constexpr std::string_view kXlsx =
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

TEST(Pdf, GivesTheWordsOfEveryPageAndItsTitle) {
  const auto parsed = parse(document("rate_confirmation.pdf"), "").value();
  EXPECT_EQ(parsed.content_type, "application/pdf");
  EXPECT_EQ(parsed.title, "Rate confirmation LD-4711");
  EXPECT_EQ(parsed.text,
            "Rate confirmation LD-4711\nCarrier: Meridian Example Freight\n"
            "Pick up in Gary, IN on 2026-11-25.\n\nPage two: detention 75.00 USD per hour");
}

TEST(Pdf, EncryptedEmptyAndScannedOnesSayWhatToDo) {
  EXPECT_THAT(refusal(document("encrypted.pdf"), "application/pdf"), HasSubstr("encrypted"));
  EXPECT_THAT(refusal(document("scan.pdf"), "application/pdf"), HasSubstr("OCR"));
  EXPECT_EQ(refusal("", "application/pdf"), "empty content");
}

TEST(Pdf, OneThatOpensWithoutAPasswordIsRead) {
  EXPECT_EQ(parse(document("not_to_be_printed.pdf"), "").value().text, "Open to all readers");
}

TEST(Pdf, OneWithoutItsEndIsCutOff) {
  const std::string whole = document("rate_confirmation.pdf");
  for (std::size_t size = 5; size + 7 < whole.size(); size += 61) {
    EXPECT_THAT(refusal(whole.substr(0, size), "application/pdf"), HasSubstr("cut off")) << size;
  }
}

TEST(Pdf, BytesBeforeTheHeaderAndAfterTheEndDoNotMatter) {
  const std::string padded =
      "HTTP junk\r\n" + document("rate_confirmation.pdf") + "\r\n" + std::string(2000, '\0');
  EXPECT_THAT(parse(padded, "application/pdf").value().text, HasSubstr("Page two"));
  EXPECT_EQ(parse(padded, "").value().content_type, "application/pdf");
}

TEST(Docx, GivesHeaderParagraphsTablesAndFooterInReadingOrder) {
  const auto parsed = parse(document("bill_of_lading.docx"), kDocx).value();
  EXPECT_EQ(parsed.title, "Bill of lading BOL-20931");
  EXPECT_EQ(parsed.text,
            "Meridian Example Freight\nBill of lading BOL-20931\n"
            "Consignee: Müller & Söhne, Köln. 荷物は二つ。\n"
            "Handle with care at the dock.\nSecond line\n"
            "Item | Pieces | Weight\nPallets | 12 | 8400 lb\nCrates | 3 | 900 lb\n"
            "Terms on the back");
}

TEST(Docx, WhatTrackedChangesDeletedOrMovedAwayIsNotThere) {
  const std::string body = paragraph("kept") +
                           "<w:p><w:del><w:r><w:delText>deleted</w:delText></w:r></w:del>"
                           "<w:moveFrom><w:r><w:t>moved</w:t></w:r></w:moveFrom>"
                           "<w:ins><w:r><w:t>added</w:t></w:r></w:ins></w:p>";
  EXPECT_EQ(parse(docx_of(word_xml(body)), kDocx).value().text, "kept\nadded");
}

TEST(Xlsx, GivesEachRowUnderItsNamesWithDatesAsDates) {
  const auto parsed = parse(document("tender_list.xlsx"), kXlsx).value();
  EXPECT_EQ(parsed.text,
            "Tenders & lanes\n"
            "Load: LD-4711 | Pickup: 2026-11-25 | Origin: Gary, IN | Rate: 1250.5 | Hot: true\n"
            "Load: LD-4712 | Pickup: 2026-11-26T08:30:00 | Origin: Köln | Rate: 980\n\n"
            "Notes\nCall the dock first");
}

TEST(Xlsx, InlineStringsAndPhoneticHintsAreReadAsTheyShow) {
  const std::string sheet =
      "<worksheet><sheetData><row><c r=\"A1\" t=\"inlineStr\"><is><t>in line</t></is></c>"
      "<c r=\"B1\" t=\"s\"><v>0</v></c></row></sheetData></worksheet>";
  const std::string book =
      zip_of({{"xl/workbook.xml",
               "<workbook xmlns:r=\"u\"><sheets><sheet name=\"S\" r:id=\"rId1\"/>"
               "</sheets></workbook>"},
              {"xl/_rels/workbook.xml.rels",
               "<Relationships><Relationship Id=\"rId1\" Target=\"/xl/worksheets/a.xml\"/>"
               "</Relationships>"},
              {"xl/sharedStrings.xml",
               "<sst><si><t>東京</t><rPh sb=\"0\" eb=\"2\"><t>トウキョウ</t></rPh></si></sst>"},
              {"xl/worksheets/a.xml", sheet}});
  EXPECT_EQ(parse(book, "").value().text, "S\nin line | 東京");
}

TEST(Mail, GivesHeaderBodyAndEveryAttachmentUnderItsName) {
  const auto parsed = parse(document("tender.eml"), "").value();
  EXPECT_EQ(parsed.content_type, "message/rfc822");
  EXPECT_EQ(parsed.title, "Tender LD-4711: Köln – Gary");
  const std::string& text = parsed.text;
  EXPECT_THAT(text, testing::StartsWith("Subject: Tender LD-4711: Köln – Gary\n"
                                        "From: Zoë Dispatch <zoe@broker.example>\n"
                                        "To: ops@carrier.example\n"
                                        "Date: Wed, 25 Nov 2026 09:15:00 -0600\n\n"
                                        "Please confirm load LD-4711.\n"));
  EXPECT_THAT(text, Not(HasSubstr("in HTML")));
  EXPECT_THAT(text, HasSubstr("Attachment: rate confirmation.pdf (application/pdf)\n"
                              "Rate confirmation LD-4711\n"));
  EXPECT_THAT(text, HasSubstr("Attachment: bill of lading.docx (application/octet-stream)\n"
                              "Meridian Example Freight\n"));
  EXPECT_THAT(text, HasSubstr("Attachment: stops.csv (application/vnd.ms-excel)\n"
                              "Stop: 1 | City: Gary\nStop: 2 | City: Joliet\n"));
  EXPECT_THAT(text, HasSubstr("Attachment: dock.png (image/png)\n(not read: "));
  EXPECT_THAT(text, HasSubstr("Subject: Earlier quote\n"));
  EXPECT_THAT(text, HasSubstr("We quoted 1,200 USD."));
}

TEST(Mail, OneWithoutPlainTextIsReadFromItsHtml) {
  const std::string mail =
      "From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; "
      "boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\n \r\n--x\r\n"
      "Content-Type: text/html; charset=iso-8859-1\r\nContent-Transfer-Encoding: "
      "quoted-printable\r\n\r\n<p>K=F6ln</p>\r\n--x--\r\n";
  EXPECT_EQ(parse(mail, "message/rfc822").value().text, "From: a@b.example\n\nKöln");
}

TEST(Mail, AnEncryptedAttachmentIsNamedAndTheRestIsRead) {
  const std::string mail =
      "From: a@b.example\nDate: Wed, 25 Nov 2026 09:15:00 -0600\nMIME-Version: 1.0\n"
      "Content-Type: multipart/mixed; boundary=x\n\n--x\n\nSee the file.\n--x\n"
      "Content-Type: application/pdf; name=locked.pdf\nContent-Transfer-Encoding: base64\n\n" +
      to_base64(document("encrypted.pdf")) + "\n--x--\n";
  const auto parsed = parse(mail, "").value();
  EXPECT_THAT(parsed.text, HasSubstr("See the file."));
  EXPECT_THAT(
      parsed.text,
      HasSubstr("Attachment: locked.pdf (application/pdf)\n(not read: the PDF is encrypted"));
}

TEST(Mail, EncryptedCutOffAndHeaderlessOnesSayWhy) {
  const std::string head = "From: a@b.example\nMIME-Version: 1.0\n";
  EXPECT_THAT(refusal(head + "Content-Type: multipart/encrypted; boundary=x\n\n--x\n\na\n--x--\n",
                      "message/rfc822"),
              HasSubstr("encrypted"));
  EXPECT_THAT(refusal(head + "Content-Type: application/pkcs7-mime; smime-type=enveloped-data\n\nx",
                      "message/rfc822"),
              HasSubstr("encrypted"));
  EXPECT_THAT(refusal(head + "Content-Type: multipart/mixed; boundary=x\n\n--x\n\nwords\n",
                      "message/rfc822"),
              HasSubstr("cut off"));
  EXPECT_THAT(refusal(head, "message/rfc822"), HasSubstr("cut off"));
  EXPECT_THAT(refusal("no header at all\n\nwords", "message/rfc822"), HasSubstr("no header"));
}

TEST(Csv, GivesEachRowUnderItsNames) {
  const auto parsed =
      parse("Load;City;Note\r\nLD-1;\"Gary; IN\";\"say \"\"hi\"\"\nthere\"\r\nLD-2;;x\r\n",
            "text/csv")
          .value();
  EXPECT_EQ(parsed.text,
            "Load: LD-1 | City: Gary; IN | Note: say \"hi\" there\nLoad: LD-2 | Note: x");
}

TEST(Csv, ATableWithoutNamesStaysOne) {
  EXPECT_EQ(parse("LD-4711,Gary,1250\nLD-4712,Joliet,980\n", "text/csv").value().text,
            "LD-4711 | Gary | 1250\nLD-4712 | Joliet | 980");
}

TEST(Csv, ExcelsUnicodeTextAndItsSeparatorLineAreRead) {
  using namespace std::string_view_literals;
  EXPECT_EQ(parse("\xFF\xFE"
                  "A\0\t\0B\0\n\0"
                  "1\0\t\0"
                  "2\0"sv,
                  "text/csv")
                .value()
                .text,
            "A: 1 | B: 2");
  EXPECT_EQ(parse("sep=|\nA|B\n1|2\n", "text/csv").value().text, "A: 1 | B: 2");
}

TEST(Csv, AQuoteThatIsNeverClosedIsCutOff) {
  EXPECT_THAT(refusal("A,B\n1,\"two\n", "text/csv"), HasSubstr("record 2"));
}

TEST(Csv, IsSeenInTheBytesOnlyWhereTheShapeIsClear) {
  EXPECT_EQ(parse("A,B,C\n1,2,3\n4,5,6\n", "").value().content_type, "text/csv");
  EXPECT_EQ(parse("Dear Ann, Bob, Cy\nthe load, as said, is late\nBest\n", "").value().content_type,
            "text/plain");
}

}  // namespace
}  // namespace gantry::pipeline
