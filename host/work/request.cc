// SPDX-License-Identifier: MIT
#include "work/request.h"

#include <utility>
#include <vector>

namespace patchbay {
namespace {

vap_str_t str(const std::string& text) {
  return {text.data(), text.size()};
}

vap_status_t status_of(TransferEnd::How how) {
  switch (how) {
    case TransferEnd::How::done:
      return VAP_OK;
    case TransferEnd::How::cut:
      return VAP_E_CANCELLED;
    case TransferEnd::How::late:
      return VAP_E_DEADLINE;
    case TransferEnd::How::failed:
      break;
  }
  return VAP_E_FAILED;
}

vap_http_timeout_t timeout_of(TransferTimeout timeout) {
  constexpr vap_http_timeout_t all[] = {VAP_HTTP_TIMEOUT_NONE, VAP_HTTP_TIMEOUT_CONNECT,
                                        VAP_HTTP_TIMEOUT_FIRST_BYTE, VAP_HTTP_TIMEOUT_IDLE,
                                        VAP_HTTP_TIMEOUT_WHOLE};
  return all[static_cast<std::size_t>(timeout)];
}

}  // namespace

Request::Request(Id id, Lease lease, const Plugin& plugin, RequestFacts facts, const Ways& ways)
    : id_(id),
      lease_(std::move(lease)),
      agent_(&lease_->agent()),
      plugin_(plugin),
      facts_(std::move(facts)),
      ways_(ways) {}

bool Request::cut() {
  const std::lock_guard lock(mutex_);
  return !std::exchange(cut_, true);
}

bool Request::is_cut() {
  const std::lock_guard lock(mutex_);
  return cut_;
}

void Request::head(TransferHead head) {
  const std::lock_guard lock(mutex_);
  come_.head = std::move(head);
  come_locked();
}

// The piece that crosses the line is still taken: so an empty store takes any.
bool Request::bytes(std::string_view piece) {
  const std::lock_guard lock(mutex_);
  full_ = come_.bytes.size() >= most_ahead;
  if (full_) return false;
  come_.bytes.append(piece);
  come_locked();
  return true;
}

void Request::end(TransferEnd end) {
  const std::lock_guard lock(mutex_);
  come_.end = std::move(end);
  come_locked();
}

void Request::come_locked() {
  if (std::exchange(on_its_way_, true)) return;
  ways_.deliver(shared_from_this());
}

Request::Come Request::take() {
  const std::lock_guard lock(mutex_);
  Come come = std::exchange(come_, {});
  if (std::exchange(full_, false)) ways_.go_on(id_);
  return come;
}

bool Request::more_has_come() {
  const std::lock_guard lock(mutex_);
  on_its_way_ = come_.head || !come_.bytes.empty() || come_.end;
  return on_its_way_;
}

bool Request::deliver() {
  const Agent::Phase phase = agent_->phase();
  if (phase == Agent::Phase::creating) return false;
  const bool runs = phase == Agent::Phase::ready;  // else it never was made, and takes no call
  const Come come = take();
  if (runs && come.head && !is_cut()) tell(*come.head);
  if (runs && !come.bytes.empty() && !is_cut() && plugin_.handler.on_chunk != nullptr)
    plugin_.handler.on_chunk(plugin_.user, str(come.bytes));
  if (!come.end) {
    if (more_has_come()) ways_.deliver(shared_from_this());  // behind the others of this agent
    return true;
  }
  TransferEnd end = *come.end;
  if (is_cut() && end.how == TransferEnd::How::done) {
    end.how = TransferEnd::How::cut;
    end.why = "the request was cancelled";
  }
  if (runs) tell(end);
  ways_.over(*this, end);
  lease_.reset();
  return true;
}

void Request::tell(const TransferHead& head) const {
  if (plugin_.handler.on_head == nullptr) return;
  std::vector<vap_http_header_t> headers;
  headers.reserve(head.headers.size());
  for (const auto& [name, value] : head.headers) headers.push_back({str(name), str(value)});
  const vap_http_head_t given{sizeof given, head.status, headers.data(), headers.size()};
  plugin_.handler.on_head(plugin_.user, &given);
}

void Request::tell(const TransferEnd& end) const {
  const vap_http_end_t given{
      sizeof given, status_of(end.how),     end.status,       timeout_of(end.timeout),
      str(end.why), end.first_byte.count(), end.whole.count()};
  plugin_.handler.on_end(plugin_.user, &given);
}

}  // namespace patchbay
