// SPDX-License-Identifier: MIT
#include "check/loan.h"

#include <fmt/format.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstring>

#include "ground/text.h"

namespace patchbay {
namespace {

constexpr std::size_t growth = 64;     // bytes that a later minor version added
constexpr unsigned char stale = 0xA5;  // what they look like to who does not know them
constexpr std::size_t alignment = alignof(std::max_align_t);

constexpr std::size_t aligned(std::size_t size) {
  return (size + alignment - 1) / alignment * alignment;
}

// Puts the record in front of nothing, or of the bytes that a newer host has there.
template <class Record>
const Record* put_record(Pages& pages, Record record, RecordSize size) {
  struct Longer {
    Record known;
    unsigned char beyond[growth];
  } longer;
  std::memset(&longer, stale, sizeof longer);
  const std::size_t bytes = size == RecordSize::longer ? sizeof longer : sizeof record;
  record.struct_size = static_cast<std::uint32_t>(bytes);
  longer.known = record;
  return static_cast<const Record*>(pages.put(&longer, bytes));
}

// The body as a pipeline would have sent it.
std::string body_of(const TurnText& turn) {
  if (!turn.json.empty()) return turn.json;
  std::string json = fmt::format(R"({{"type":{},"session_id":"sess_check","conversation_id":{})",
                                 json_string(turn.event), json_string(turn.conversation));
  if (!turn.turn.empty()) json += fmt::format(R"(,"turn_id":{})", json_string(turn.turn));
  if (turn.event == "message") json += fmt::format(R"(,"text":{})", json_string(turn.text));
  return json + "}";
}

}  // namespace

Pages::Pages(std::size_t bytes) : size_(bytes) {
  void* pages = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  begin_ = pages == MAP_FAILED ? nullptr : static_cast<char*>(pages);
}

Pages::~Pages() {
  if (begin_ != nullptr) ::munmap(begin_, size_);
}

void* Pages::put(const void* bytes, std::size_t size) {
  char* place = begin_ + used_;
  if (size > 0) std::memcpy(place, bytes, size);
  used_ += aligned(size);
  return place;
}

vap_str_t Pages::put(std::string_view text) {
  char* place = begin_ + used_;
  if (!text.empty()) std::memcpy(place, text.data(), text.size());
  place[text.size()] = '\0';
  used_ += aligned(text.size() + 1);
  return {place, text.size()};
}

void Pages::forbid() {
  ::mprotect(begin_, size_, PROT_NONE);
}

TurnLoan::TurnLoan(const TurnText& text, RecordSize size) {
  const std::string body = body_of(text);
  constexpr std::size_t small_texts = 1024;  // the session, and the rounding of each
  pages_ = std::make_unique<Pages>(sizeof(vap_turn_t) + growth + small_texts + text.event.size() +
                                   text.text.size() + text.conversation.size() + text.turn.size() +
                                   body.size());
  vap_turn_t record{};
  record.event = pages_->put(text.event);
  record.conversation_id = pages_->put(text.conversation);
  record.session_id = pages_->put("sess_check");
  record.turn_id = pages_->put(text.turn);
  record.text = pages_->put(text.text);
  record.json = pages_->put(body);
  record.deadline_ms = text.budget.count();
  record_ = put_record(*pages_, record, size);
}

ConfigLoan::ConfigLoan(std::string_view agent_id, std::string_view json, RecordSize size,
                       std::string_view route) {
  constexpr std::size_t small_texts = 256;
  pages_ = std::make_unique<Pages>(sizeof(vap_config_t) + growth + small_texts + agent_id.size() +
                                   json.size() + route.size());
  vap_config_t record{};
  record.agent_id = pages_->put(agent_id);
  record.route = pages_->put(route);
  record.json = pages_->put(json);
  record_ = put_record(*pages_, record, size);
}

}  // namespace patchbay
