/// 210 Freight Details and Invoice: the amounts as decimals, and whether they add up.

#include "document.hpp"

namespace gantry::edi {
namespace {

using sdk::Json;

class Invoice {
 public:
  explicit Invoice(const SetView& set) : set_(set) {}

  void read(const Segment& segment) {
    if (segment.tag == tag_of("B3")) {
      number_ = segment[2];
      shipment_ = segment[3];
      payment_ = segment[4];
      date_ = segment[6];
      amount_ = segment[7];
      delivered_ = segment[9];
      scac_ = segment[11];
    } else if (segment.tag == tag_of("C3")) {
      currency_ = segment[1];
    } else if (segment.tag == tag_of("N9")) {
      references_.push(reference_of_n9(segment));
    } else if (segment.tag == tag_of("L11")) {
      references_.push(reference_of_l11(segment));
    } else if (segment.tag == tag_of("LX")) {
      in_lines_ = true;
      line_number_ = segment[1];
    } else if (segment.tag == tag_of("L5")) {
      descriptions_.push(segment[2]);
      line(line_text_, "line " + line_number_ + ":", segment[2]);
    } else if (segment.tag == tag_of("L1")) {
      add_charge(segment);
    } else if (segment.tag == tag_of("L3")) {
      total_ = segment[5];
      weight_ = segment[1];
    } else if (segment.tag == tag_of("N7")) {
      equipment_.push(std::string(segment[1]) + std::string(segment[2]));
    } else if (!in_lines_) {
      parties_.take(segment);
    }
  }

  void finish(Document& out) {
    const std::string amount = amount_n2(amount_, set_.warnings);
    const std::string total = amount_n2(total_, set_.warnings);
    check_sums();
    if (const auto date = read_date(date_); date && date->two_digit_year) {
      set_.warnings.add("two_digit_year");
    }
    if (const auto at = moment_of(date_, {}, {}, {})) out.occurred_at_ns = at->ns;
    out.business_key = shipment_;
    out.title = "Freight invoice " + number_ + (amount.empty() ? "" : ", " + amount) +
                (currency_.empty() ? "" : " " + currency_);
    line(out.text, "Freight invoice " + number_ + " of carrier " + scac_ + " for shipment",
         shipment_.empty() ? "(none named)" : shipment_);
    line(out.text, "net amount due", amount.empty() ? amount : amount + " " + currency_);
    line(out.text, "invoice date", date_.empty() ? date_ : shown(date_, {}));
    line(out.text, "delivered", delivered_.empty() ? delivered_ : shown(delivered_, {}));
    line(out.text, "", line_text_);
    line(out.text, "", charge_text_);
    line(out.text, "", parties_.text());
    out.participants = parties_.participants();
    out.metadata.set_if("invoice_number", number_);
    out.metadata.set_if("shipment_id", shipment_);
    out.metadata.set_if("scac", scac_);
    out.metadata.set_if("payment_method", payment_);
    out.metadata.set_if("invoice_date", iso(date_));
    out.metadata.set_if("delivery_date", iso(delivered_));
    out.metadata.set_if("net_amount", amount);
    out.metadata.set_if("total_charge", total);
    out.metadata.set_if("currency", currency_);
    out.metadata.set_if("total_weight", weight_);
    out.metadata.set_if("charges", std::move(charges_));
    out.metadata.set_if("descriptions", std::move(descriptions_));
    out.metadata.set_if("equipment", std::move(equipment_));
    out.metadata.set_if("references", std::move(references_));
    out.metadata.set_if("parties", parties_.details());
  }

 private:
  static std::string iso(std::string_view date) { return date.empty() ? "" : shown(date, {}); }

  void add_charge(const Segment& segment) {
    const std::string amount = amount_n2(segment[4], set_.warnings);
    Json charge = Json::object();
    charge.set_if("line", segment[1]);
    charge.set_if("rate", segment[2]);
    charge.set_if("rate_qualifier", segment[3]);
    charge.set_if("amount", amount);
    charge.set_if("code", segment[8]);
    charge.set_if("description", segment[12]);
    charges_.push(std::move(charge));
    line(charge_text_,
         "charge " + std::string(segment[8]) + (segment[12].empty() ? "" : " ") +
             std::string(segment[12]),
         amount);
    const auto cents = cents_of_n2(segment[4]);
    if (!cents) return;
    has_charges_ = true;
    if (sum_) sum_ = add(*sum_, cents->value);
  }

  void check_sums() {
    const auto amount = cents_of_n2(amount_);
    const auto total = cents_of_n2(total_);
    if (amount && total && amount->value != total->value) set_.warnings.add("total_differs");
    if (has_charges_ && amount && (!sum_ || *sum_ != amount->value)) {
      set_.warnings.add("charges_do_not_add_up");
    }
  }

  const SetView& set_;
  std::string number_, shipment_, payment_, date_, amount_, delivered_, scac_, currency_, total_,
      weight_, line_number_, line_text_, charge_text_;
  bool in_lines_ = false;
  bool has_charges_ = false;
  std::optional<std::int64_t> sum_ = 0;
  Parties parties_;
  Json references_ = Json::array(), charges_ = Json::array(), descriptions_ = Json::array(),
       equipment_ = Json::array();
};

}  // namespace

void map_210(const SetView& set, Document& out) {
  Invoice invoice(set);
  for (const Segment& segment : set.segments) invoice.read(segment);
  invoice.finish(out);
}

}  // namespace gantry::edi
