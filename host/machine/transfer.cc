// SPDX-License-Identifier: MIT
#include "machine/transfer.h"

#include <curl/curl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "codec/egress.h"
#include "codec/http_grammar.h"

namespace patchbay {
namespace {

constexpr Milliseconds shortest_step{10};     // between two looks at a clock
constexpr std::size_t most_head = 64 * 1024;  // bytes of headers that are kept; the rest is dropped

Transfer& of(void* self) {
  return *static_cast<Transfer*>(self);
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// The 4 or 16 bytes of an address; empty where it is of another kind.
std::span<const std::uint8_t> bytes_of(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    const auto& four = reinterpret_cast<const sockaddr_in&>(address).sin_addr;
    return {reinterpret_cast<const std::uint8_t*>(&four), sizeof four};
  }
  if (address.sa_family != AF_INET6) return {};
  const auto& six = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  return {reinterpret_cast<const std::uint8_t*>(&six), sizeof six};
}

}  // namespace

Transfer::Transfer(TransferOrder order, std::shared_ptr<TransferListener> listener, Moment begun)
    : order_(std::move(order)),
      listener_(std::move(listener)),
      begun_(begun),
      set_out_(begun),
      last_byte_(begun) {}

Transfer::~Transfer() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(static_cast<curl_slist*>(headers_));
}

Result<void*> Transfer::prepare(const TransferSettings& settings) {
  if (easy_ == nullptr) easy_ = curl_easy_init();
  if (easy_ == nullptr) return Error{"http_failed", "no memory for a request", ""};
  curl_easy_reset(easy_);
  head_ = {};
  head_bytes_ = 0;
  head_over_ = redirecting_ = connected_ = no_such_way_ = false;
  location_.clear();
  set_request();
  set_headers();
  set_ways(settings);
  return easy_;
}

void Transfer::set_request() {
  curl_easy_setopt(easy_, CURLOPT_URL, order_.url.text().c_str());
  curl_easy_setopt(easy_, CURLOPT_ERRORBUFFER, error_.data());
  if (order_.method == "HEAD") {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
  } else if (!order_.body.empty() || order_.method == "POST" || order_.method == "PUT" ||
             order_.method == "PATCH") {  // of an empty body too they want to know the length
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(order_.body.size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, order_.body.data());
  }
  if (order_.method != "HEAD")
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, order_.method.c_str());
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
}

void Transfer::set_headers() {
  curl_slist_free_all(static_cast<curl_slist*>(headers_));
  curl_slist* list = curl_slist_append(nullptr, "Expect:");  // nobody waits for a 100
  bool typed = false;
  bool named = false;
  for (const auto* some : {&order_.headers, &order_.secret_headers}) {
    for (const auto& [name, value] : *some) {
      typed = typed || is_word(name, "content-type");
      named = named || is_word(name, "user-agent");
      // libcurl's way to write a header without a value.
      const std::string line = value.empty() ? name + ";" : name + ": " + value;
      list = curl_slist_append(list, line.c_str());
    }
  }
  if (!typed) list = curl_slist_append(list, "Content-Type:");  // it would say: a form
  if (!named) curl_easy_setopt(easy_, CURLOPT_USERAGENT, "patchbay/" PATCHBAY_VERSION);
  headers_ = list;
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, list);
}

void Transfer::set_ways(const TransferSettings& settings) {
  curl_easy_setopt(easy_, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy_, CURLOPT_NOSIGNAL, 1L);
  // Without it, cutting a request that looks its host up would wait for the resolver.
  curl_easy_setopt(easy_, CURLOPT_QUICK_EXIT, 1L);
  curl_easy_setopt(easy_, CURLOPT_TCP_KEEPALIVE, 1L);
  if (order_.url.tls) {
    curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    curl_easy_setopt(easy_, CURLOPT_PIPEWAIT, 1L);  // rather a stream more than a connection
  } else {
    curl_easy_setopt(easy_, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  }
  if (!settings.ca_file.empty()) {
    curl_easy_setopt(easy_, CURLOPT_CAINFO, settings.ca_file.c_str());
  } else if (curl_version_info(CURLVERSION_NOW)->cainfo != nullptr) {
    // The file has all of them. With a directory beside it libcurl would read it anew for each
    // connection: 80 ms in which this thread does nothing else.
    curl_easy_setopt(easy_, CURLOPT_CAPATH, nullptr);
  }
  // What goes to this machine goes straight.
  if (settings.proxy == "off" || is_loopback_host(order_.url.host)) {
    curl_easy_setopt(easy_, CURLOPT_PROXY, "");
  } else if (settings.proxy != "environment") {
    curl_easy_setopt(easy_, CURLOPT_PROXY, settings.proxy.c_str());
  }
  // All times are kept here: libcurl does not say which of its own was over.
  curl_easy_setopt(easy_, CURLOPT_CONNECTTIMEOUT_MS, 3'600'000L);
  curl_easy_setopt(easy_, CURLOPT_PREREQFUNCTION, &on_connected);
  curl_easy_setopt(easy_, CURLOPT_PREREQDATA, this);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETFUNCTION, &on_socket);
  curl_easy_setopt(easy_, CURLOPT_OPENSOCKETDATA, this);
}

int Transfer::on_connected(void* self, char*, char*, int, int) {
  of(self).connected_ = true;
  return CURL_PREREQFUNC_OK;
}

// The last word on where a name may lead: by now it is an address.
int Transfer::on_socket(void* self, int, void* address) {
  const auto& where = *static_cast<curl_sockaddr*>(address);
  if (!of(self).order_.link_local && is_link_local(bytes_of(where.addr))) {
    of(self).no_such_way_ = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(where.family, where.socktype | SOCK_CLOEXEC, where.protocol);
}

std::size_t Transfer::on_header(char* line, std::size_t one, std::size_t length, void* self) {
  of(self).take_header_line({line, one * length});
  return one * length;
}

void Transfer::take_header_line(std::string_view line) {
  if (line.starts_with("HTTP/") && !head_over_) {
    head_ = {};
    head_bytes_ = 0;
    location_.clear();
    const std::string_view code = line.substr(std::min(line.find(' '), line.size() - 1) + 1);
    std::from_chars(code.data(), code.data() + code.size(), head_.status);
    return;
  }
  line = line.substr(0, line.find_first_of("\r\n"));
  if (line.empty()) return end_head();
  const std::size_t colon = line.find(':');
  if (head_over_ || colon == std::string_view::npos) return;  // a trailer
  head_bytes_ += line.size();
  if (head_bytes_ > most_head) return;
  std::string name = lowered(trimmed(line.substr(0, colon)));
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (name == "location") location_ = value;
  head_.headers.emplace_back(std::move(name), value);
}

void Transfer::end_head() {
  if (head_over_ || head_.status < 200) return;  // 100, 103: the answer is still to come
  head_over_ = true;
  redirecting_ = is_redirect(head_.status) && !location_.empty() && redirects_ < order_.redirects;
  if (!redirecting_) listener_->head(head_);
}

std::size_t Transfer::on_body(char* bytes, std::size_t one, std::size_t length, void* self) {
  return of(self).take_body({bytes, one * length});
}

std::size_t Transfer::take_body(std::string_view piece) {
  if (redirecting_) return piece.size();
  const Moment now = Clock::now();
  if (!listener_->bytes(piece)) {
    waits_ = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  if (!first_byte_) first_byte_ = now;
  last_byte_ = now;
  bytes_ += piece.size();
  return piece.size();
}

bool Transfer::go_on(Moment now) {
  if (!waits_) return false;
  waits_ = false;
  last_byte_ = now;  // the server was not the slow one
  curl_easy_pause(easy_, CURLPAUSE_CONT);
  return true;
}

Moment Transfer::next_look() const {
  Moment next = begun_ + order_.whole;
  if (!connected_) next = std::min(next, set_out_ + order_.connect);
  if (!first_byte_ && !waits_) next = std::min(next, begun_ + order_.first_byte);
  // Until there is a byte to count from, and while the server waits for the listener, a look in
  // such steps is soon enough for whatever comes meanwhile.
  if (first_byte_ && !waits_) return std::min(next, last_byte_ + order_.idle);
  return std::min(next, Clock::now() + std::max(order_.idle, shortest_step));
}

std::optional<TransferTimeout> Transfer::late(Moment now) const {
  if (!connected_ && now >= set_out_ + order_.connect) return TransferTimeout::connect;
  if (!first_byte_ && !waits_ && now >= begun_ + order_.first_byte)
    return TransferTimeout::first_byte;
  if (first_byte_ && !waits_ && now >= last_byte_ + order_.idle) return TransferTimeout::idle;
  if (now >= begun_ + order_.whole) return TransferTimeout::whole;
  return std::nullopt;
}

bool Transfer::completed(int code, Moment now) {
  if (code != CURLE_OK) {
    tell_end({.how = TransferEnd::How::failed, .why = why_failed(code)}, now);
    return false;
  }
  if (!redirecting_) {
    tell_end({}, now);
    return false;
  }
  if (const Problem wrong = follow()) {
    refuse(*wrong, now);
    return false;
  }
  set_out_ = now;
  return true;
}

// As browsers do: 307 and 308 send the same once more, the others become a GET.
Problem Transfer::follow() {
  char* absolute = nullptr;
  curl_easy_getinfo(easy_, CURLINFO_REDIRECT_URL, &absolute);
  Result<Url> next = parse_url(absolute != nullptr ? absolute : location_);
  if (!next) return Error{"redirect_refused", "a redirect leads to no good URL", ""};
  if (order_.url.tls && !next->tls)
    return Error{"redirect_refused",
                 fmt::format("{} redirects from https to http", order_.url.authority()), ""};
  if (Problem wrong = order_.may_go(*next)) return wrong;
  const bool same_origin =
      next->tls == order_.url.tls && next->host == order_.url.host && next->port == order_.url.port;
  if (!same_origin) leave_origin();
  const bool same_again = head_.status == 307 || head_.status == 308 || order_.method == "HEAD";
  if (!same_again) {
    order_.method = "GET";
    order_.body.clear();
  }
  order_.link_local = is_link_local_host(next->host);
  order_.url = *std::move(next);
  ++redirects_;
  return std::nullopt;
}

// Who is elsewhere is not told who asks.
void Transfer::leave_origin() {
  order_.secret_headers.clear();
  std::erase_if(order_.headers, [](const auto& header) {
    return is_word(header.first, "authorization") || is_word(header.first, "cookie");
  });
}

void Transfer::cut(Moment now) {
  tell_end({.how = TransferEnd::How::cut, .why = "the request was cancelled"}, now);
}

void Transfer::give_up(TransferTimeout timeout, Moment now) {
  const std::string host = order_.url.authority();
  std::string why;
  switch (timeout) {
    case TransferTimeout::none:
      break;
    case TransferTimeout::connect:
      why = fmt::format("no connection to {} within {} ms", host, order_.connect.count());
      break;
    case TransferTimeout::first_byte:
      why = fmt::format("nothing came from {} within {} ms", host, order_.first_byte.count());
      break;
    case TransferTimeout::idle:
      why = fmt::format("nothing more came from {} for {} ms", host, order_.idle.count());
      break;
    case TransferTimeout::whole:
      why = fmt::format("the answer of {} took longer than {} ms", host, order_.whole.count());
      break;
  }
  tell_end({.how = TransferEnd::How::late, .timeout = timeout, .why = std::move(why)}, now);
}

void Transfer::refuse(const Error& why, Moment now) {
  tell_end({.how = TransferEnd::How::failed, .why = why.text()}, now);
}

std::string Transfer::why_failed(int code) const {
  const std::string host = order_.url.authority();
  const char* const words =
      error_[0] != '\0' ? error_.data() : curl_easy_strerror(static_cast<CURLcode>(code));
  if (no_such_way_ && code == CURLE_COULDNT_CONNECT)
    return fmt::format(
        "{} leads to a link-local address, where machines keep their keys; only an entry of the "
        "allow-list that is that address opens it",
        host);
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return fmt::format("there is no host {}", order_.url.host);
    case CURLE_COULDNT_CONNECT:
      return fmt::format("cannot connect to {}: {}", host, words);
    case CURLE_PEER_FAILED_VERIFICATION:
      return fmt::format(
          "the certificate of {} is not good: {} (for a CA of your own set ca_file "
          "in [http])",
          host, words);
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return fmt::format("{} cut its answer off: {}", host, words);
    default:
      return fmt::format("{}: {}", host, words);
  }
}

void Transfer::tell_end(TransferEnd end, Moment now) {
  end.status = head_over_ && !redirecting_ ? head_.status : 0;
  end.bytes = bytes_;
  if (first_byte_) end.first_byte = std::chrono::duration_cast<Milliseconds>(*first_byte_ - begun_);
  end.whole = std::chrono::duration_cast<Milliseconds>(now - begun_);
  listener_->end(std::move(end));
}

}  // namespace patchbay
