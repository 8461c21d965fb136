// SPDX-License-Identifier: MIT
#include "work/requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "codec/egress.h"
#include "codec/http_grammar.h"
#include "codec/secret_slots.h"
#include "machine/files.h"

namespace patchbay {
namespace {

constexpr std::size_t most_body = std::size_t{16} * 1024 * 1024;  // bytes of a request
constexpr std::size_t most_headers = 100;
constexpr std::size_t most_redirects = 5;
constexpr std::size_t most_warming = 64;  // connections opened ahead at once
constexpr Milliseconds usual_connect{5'000}, usual_first_byte{30'000}, usual_idle{30'000},
    usual_whole{300'000};
constexpr Milliseconds until_ready{10};  // how often a request of an agent that is still being made
                                         // looks again

// These say how the message is sent, which is libcurl's business, or to whom.
constexpr std::array<std::string_view, 9> not_yours = {
    "host",    "content-length", "transfer-encoding", "connection", "keep-alive", "upgrade", "te",
    "trailer", "expect"};

Milliseconds or_usual(Milliseconds wanted, Milliseconds usual) {
  return wanted.count() > 0 ? wanted : usual;
}

Requests::Answer no(vap_status_t status, std::string why) {
  return {status, std::move(why)};
}

Requests::Answer check_header(std::string_view name, std::string_view value) {
  if (name.empty() || !token_bytes.spells(name))
    return no(VAP_E_INVALID, "a header's name is none");
  if (!value_bytes.spells(value))
    return no(VAP_E_INVALID,
              fmt::format("the value of the header {} has bytes that cannot stand in one", name));
  const bool refused =
      std::any_of(not_yours.begin(), not_yours.end(), [&](auto n) { return is_word(name, n); }) ||
      is_word(name.substr(0, 6), "proxy-");
  return refused ? no(VAP_E_INVALID, fmt::format("the header {} is the host's to set", name))
                 : Requests::Answer{};
}

Error not_allowed(const Agent& agent, const Url& url) {
  return {
      "egress_refused", fmt::format("agent {} may not reach {}", agent.name(), url.authority()),
      fmt::format("add \"{}\" to allow in [agents.{}.http]", egress_rule_for(url), agent.name())};
}

Problem may_go(const Agent& agent, const Url& url) {
  if (allows(agent.config().http.allow, url)) return std::nullopt;
  return not_allowed(agent, url);
}

std::string_view name_of(TransferEnd::How how, int status) {
  switch (how) {
    case TransferEnd::How::done:
      return status < 400 ? "answered" : "refused";
    case TransferEnd::How::cut:
      return "cancelled";
    case TransferEnd::How::late:
      return "timed_out";
    case TransferEnd::How::failed:
      break;
  }
  return "failed";
}

RequestFacts facts_of(const TransferOrder& order) {
  return {order.method, order.url.authority(),
          order.url.target.substr(0, order.url.target.find('?'))};
}

// Whoever warms a connection wants no answer; but it is counted while it is under way.
class Nobody final : public TransferListener {
 public:
  explicit Nobody(std::atomic<std::size_t>& count) : count_(count) { ++count_; }
  ~Nobody() override { --count_; }
  Nobody(const Nobody&) = delete;
  Nobody& operator=(const Nobody&) = delete;
  void head(TransferHead) override {}
  bool bytes(std::string_view) override { return true; }
  void end(TransferEnd) override {}

 private:
  std::atomic<std::size_t>& count_;
};

}  // namespace

Requests::Requests(House house, std::unique_ptr<Transfers> transfers, Limits limits)
    : house_(house),
      limits_(limits),
      ways_{[this](std::shared_ptr<Request> request) { deliver(std::move(request)); },
            [this](Id id) { transfers_->go_on(id); },
            [this](Request& request, const TransferEnd& end) { over(request, end); }},
      couriers_(house.timers, limits.couriers),
      transfers_(std::move(transfers)) {}

// --- may it go out?

Requests::Judged Requests::judge(const Agent& agent, const HttpWish& wish) const {
  const auto refused = [](Answer answer) { return Judged{{}, std::move(answer)}; };
  if (wish.body.size() > most_body || wish.headers.size() > most_headers)
    return refused(no(VAP_E_LIMIT, fmt::format("a request has at most {} bytes and {} headers",
                                               most_body, most_headers)));
  TransferOrder order;
  order.method = wish.method.empty() ? (wish.body.empty() ? "GET" : "POST") : wish.method;
  // TRACE would bring back what went out, and so the secrets.
  if (!ByteSet('A', 'Z').spells(order.method) || order.method == "CONNECT" ||
      order.method == "TRACE")
    return refused(no(VAP_E_INVALID, "the method is none, eg: \"POST\""));
  Result<Url> url = parse_url(wish.url);
  // Without the URL that the message begins with: a password in it is for no log.
  if (!url)
    return refused(no(VAP_E_INVALID, "the URL" + url.error().message.substr(wish.url.size())));
  order.url = *std::move(url);
  if (const Problem wrong = may_go(agent, order.url))
    return refused(no(VAP_E_UNSUPPORTED, wrong->text()));
  if (Answer wrong = fill_headers(agent, wish, order); wrong.status < 0)
    return refused(std::move(wrong));
  order.body = wish.body;
  order.connect = or_usual(wish.connect, usual_connect);
  order.first_byte = or_usual(wish.first_byte, usual_first_byte);
  order.idle = or_usual(wish.idle, usual_idle);
  order.whole = or_usual(wish.whole, usual_whole);
  order.redirects = wish.follow ? most_redirects : 0;
  order.may_go = [&agent](const Url& to) { return patchbay::may_go(agent, to); };
  order.link_local = is_link_local_host(order.url.host);
  return {std::move(order), {}};
}

Requests::Answer Requests::fill_headers(const Agent& agent, const HttpWish& wish,
                                        TransferOrder& order) const {
  const auto& secrets = agent.config().http.secrets;
  const auto find = [&](std::string_view name) -> Result<std::string> {
    const auto named = secrets.find(name);
    if (named == secrets.end())
      return Error{"no_such_secret", fmt::format("agent {} has no secret '{}'", agent.name(), name),
                   fmt::format("set it in [agents.{}.http.secrets]", agent.name())};
    Result<Secret> secret = resolve_secret(named->second);
    if (!secret) return std::move(secret).error();
    if (!value_bytes.spells(secret->bytes()))
      return Error{"bad_secret", fmt::format("the secret '{}' cannot stand in a header", name),
                   "it has a line break or another control byte in it"};
    return std::string(secret->bytes());
  };
  for (const auto& [name, value] : wish.headers) {
    if (Answer wrong = check_header(name, value); wrong.status < 0) return wrong;
    if (!has_secret_slot(value)) {
      order.headers.emplace_back(name, value);
      continue;
    }
    if (!order.url.tls && !is_loopback_host(order.url.host))
      return no(VAP_E_UNSUPPORTED,
                fmt::format("a secret goes over https, or to this machine; {} is neither",
                            order.url.authority()));
    Result<std::string> filled = fill_secret_slots(value, find);
    if (!filled)
      return no(filled.error().code == "secret_slot_invalid" ? VAP_E_INVALID : VAP_E_NOT_FOUND,
                filled.error().text());
    order.secret_headers.emplace_back(name, *std::move(filled));
  }
  return {};
}

// --- on its way

Requests::Answer Requests::send(Agent& agent, vap_reply_t number, const HttpWish& wish,
                                const Request::Plugin& plugin, Id* id) {
  Judged judged = judge(agent, wish);
  if (judged.answer.status < 0) {
    house_.metrics.count("patchbay_agent_requests_total", agent.label() + R"(,outcome="not_sent")",
                         1);
    house_.log.warn("an agent's request is not sent",
                    {{"agent", agent.name()}, {"why", judged.answer.why}});
    return std::move(judged.answer);
  }
  std::shared_ptr<Reply> reply;
  if (number != 0) {
    reply = house_.replies.find(number, agent);
    if (reply == nullptr) return no(VAP_E_ENDED, "there is no such reply");
    if (reply->cancelled() != VAP_CANCEL_NONE) return no(VAP_E_CANCELLED, "the turn was cancelled");
    if (reply->is_closed()) return no(VAP_E_ENDED, "the reply has ended");
  }
  std::optional<Lease> lease = Lease::on(agent);
  if (!lease || agent.generation().winds_down())
    return no(VAP_E_CANCELLED, "this version of the plugin has to go");

  std::shared_ptr<Request> request;
  {
    const std::lock_guard lock(mutex_);
    request = std::make_shared<Request>(++last_, *std::move(lease), plugin, facts_of(judged.order),
                                        ways_);
  }
  if (Answer full = admit(request); full.status < 0) return full;
  if (id != nullptr) *id = request->id();
  transfers_->begin(request->id(), std::move(judged.order), request);
  // Whoever cut it meanwhile found nothing under way.
  if (request->is_cut()) transfers_->cut(request->id());
  if (reply) {
    reply->when_over([this, weak = std::weak_ptr(request)] {
      if (const auto open = weak.lock()) cut(*open);
    });
  }
  // Since it was asked, before it could be found.
  if (agent.generation().winds_down()) cut(*request);
  return {};
}

Requests::Answer Requests::admit(const std::shared_ptr<Request>& request) {
  const Agent& agent = request->agent();
  const std::lock_guard lock(mutex_);
  if (closed_) return no(VAP_E_CANCELLED, "the host goes down");
  const auto of = open_of_.find(&agent);
  const std::size_t its = of == open_of_.end() ? 0 : of->second;
  if (open_.size() >= limits_.open || its >= limits_.open_of_one)
    return no(VAP_E_LIMIT,
              fmt::format("{} requests are open, {} of them this agent's", open_.size(), its));
  open_.emplace(request->id(), request);
  open_of_[&agent] = its + 1;
  count_open_locked(agent);
  return {};
}

// Of all its versions: while one follows another, both may have some.
void Requests::count_open_locked(const Agent& agent) const {
  std::size_t open = 0;
  for (const auto& [each, its] : open_of_) open += each->name() == agent.name() ? its : 0;
  house_.metrics.set("patchbay_agent_requests_open", agent.label(),
                     static_cast<std::int64_t>(open));
}

// Also one that runs already may still be there twice: then the second finds nothing to do.
void Requests::deliver(std::shared_ptr<Request> request) {
  const Agent* const whose = &request->agent();
  couriers_.post(whose, [this, request = std::move(request)] {
    if (request->agent().phase() == Agent::Phase::gone) cut(*request);  // it was never made
    const Moment now = Clock::now();
    const auto out = callbacks_.enter(
        request->agent(), {request->agent().name(), {}, {}, now, now + limits_.stuck_after},
        limits_.couriers.most);
    const bool delivered = request->deliver();
    if (out) callbacks_.leave(*out);
    if (delivered) return;
    house_.timers.at(Clock::now() + until_ready, [this, request] { deliver(request); });
  });
}

void Requests::cut(Request& request) {
  if (request.cut()) transfers_->cut(request.id());
}

vap_status_t Requests::cancel(const Agent& agent, Id id) {
  std::shared_ptr<Request> request;
  {
    const std::lock_guard lock(mutex_);
    const auto found = open_.find(id);
    if (found == open_.end() || &found->second->agent() != &agent) return VAP_E_NOT_FOUND;
    request = found->second;
  }
  cut(*request);
  return VAP_OK;
}

void Requests::cut(const Generation& generation) {
  std::vector<std::shared_ptr<Request>> its;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, request] : open_) {
      if (&request->agent().generation() == &generation) its.push_back(request);
    }
  }
  for (const auto& request : its) cut(*request);
}

void Requests::close() {
  std::vector<std::shared_ptr<Request>> all;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    for (const auto& [id, request] : open_) all.push_back(request);
  }
  for (const auto& request : all) cut(*request);
}

std::size_t Requests::open(const Generation& generation) const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(open_.begin(), open_.end(), [&](const auto& each) {
    return &each.second->agent().generation() == &generation;
  }));
}

// --- warm connections

Requests::Answer Requests::warm(const Agent& agent, std::string_view url) {
  HttpWish wish;
  wish.method = "HEAD";
  wish.url = url;
  wish.whole = Milliseconds{10'000};
  Judged judged = judge(agent, wish);
  if (judged.answer.status < 0) return std::move(judged.answer);
  judged.order.url.target = "/";
  judged.order.may_go = {};  // it follows no redirect, and may outlive the agent
  auto listener = std::make_shared<Nobody>(warming_);
  if (warming_ > most_warming)
    return no(VAP_E_LIMIT, fmt::format("{} connections are being opened", most_warming));
  Id id = 0;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return no(VAP_E_CANCELLED, "the host goes down");
    id = ++last_;
  }
  transfers_->begin(id, std::move(judged.order), std::move(listener));
  return {};
}

void Requests::warm_up(const Agent& agent) {
  for (const std::string& url : agent.config().http.warm) {
    if (const Answer refused = warm(agent, url); refused.status < 0)
      house_.log.warn("a connection is not opened",
                      {{"agent", agent.name()}, {"why", refused.why}});
  }
}

// --- over

void Requests::over(Request& request, const TransferEnd& end) {
  write_down(request, end);
  const std::lock_guard lock(mutex_);
  const auto of = open_of_.find(&request.agent());
  if (--of->second == 0) open_of_.erase(of);
  count_open_locked(request.agent());
  open_.erase(request.id());
}

void Requests::write_down(const Request& request, const TransferEnd& end) const {
  const Agent& agent = request.agent();
  const std::string_view outcome = name_of(end.how, end.status);
  house_.metrics.count("patchbay_agent_requests_total",
                       fmt::format(R"({},outcome="{}")", agent.label(), outcome), 1);
  if (end.first_byte.count() >= 0)
    house_.metrics.observe("patchbay_agent_first_byte_seconds", agent.label(),
                           std::chrono::duration<double>(end.first_byte).count());
  house_.log.debug("request", {{"agent", agent.name()},
                               {"method", request.facts().method},
                               {"host", request.facts().host},
                               {"path", request.facts().path},
                               {"status", end.status},
                               {"first_byte_ms", end.first_byte.count()},
                               {"ms", end.whole.count()},
                               {"bytes", static_cast<std::int64_t>(end.bytes)},
                               {"outcome", outcome},
                               {"why", end.why}});
}

}  // namespace patchbay
