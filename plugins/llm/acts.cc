// SPDX-License-Identifier: MIT
#include "acts.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "blank.h"

namespace llm {
namespace {

using Json = nlohmann::json;

constexpr const char* key = "llm.act";

struct Record {
  std::string act;
  std::string after;  // the turn whose answer was heard to its end when the act went on
  std::string turn;   // the last that did something
  bool told = false;  // by that one
};

std::string written(const Record& record) {
  const Json json = {
      {"act", record.act}, {"after", record.after}, {"turn", record.turn}, {"told", record.told}};
  return json_look(json);
}

std::optional<Record> read(const std::optional<std::string>& text) {
  const Json json = Json::parse(text.value_or(""), nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return Record{json.value("act", ""), json.value("after", ""), json.value("turn", ""),
                json.value("told", false)};
}

}  // namespace

Acts::Acts(const vap::line* first, const vap::line* last, std::string_view turn_id)
    : turn_(turn_id) {
  for (const vap::line* line = first; line != last; ++line)
    if (!line->from_caller && !line->interrupted) heard_ = line->turn_id;
}

const std::string& Acts::begin(const vap::speech& of) {
  if (!act_.empty()) return act_;
  const std::optional<Record> before = read(of.state().get(key));
  // A turn that is delivered again has its own answer before it.
  const bool is_again = before && !turn_.empty() && before->turn == turn_;
  const bool goes_on =
      is_again ||
      (before && (before->after == heard_ || (!before->told && before->turn == heard_)));
  if (is_again) heard_ = before->after;
  act_ = goes_on ? before->act : turn_.empty() ? "after " + heard_ : turn_;
  of.state().put(key, written({act_, heard_, turn_, false}));
  return act_;
}

void Acts::told(const vap::speech& of) const {
  if (!act_.empty()) of.state().put(key, written({act_, heard_, turn_, true}));
}

}  // namespace llm
