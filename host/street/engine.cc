// SPDX-License-Identifier: MIT
#include "street/engine.h"

#include <httplib.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "codec/http_response.h"

namespace patchbay {
namespace {

bool is_prefix(std::string_view pattern) {
  return pattern.ends_with("/*");
}

bool matches(std::string_view pattern, std::string_view path) {
  if (!is_prefix(pattern)) return path == pattern;
  pattern.remove_suffix(1);
  return path.size() > pattern.size() && path.starts_with(pattern);
}

std::string as_regex(std::string_view pattern) {
  const bool prefix = is_prefix(pattern);
  if (prefix) pattern.remove_suffix(1);
  std::string regex;
  for (const char c : pattern) {
    if (std::strchr(R"(\^$.|?*+()[]{})", c) != nullptr) regex += '\\';
    regex += c;
  }
  return prefix ? regex + ".+" : regex;
}

// httplib decodes the path before it routes. Paths mean their bytes here ("/a%2Fb" is not "/a/b"),
// so whatever it would change is encoded once more.
std::string as_target(std::string_view path) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string target;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > ' ' && byte < 0x7f && c != '%' && c != '?' && c != '#' && c != '+') {
      target += c;
    } else {
      target.append({'%', hex[byte >> 4U], hex[byte & 15U]});
    }
  }
  return target;
}

std::string_view without_slash(std::string_view path) {
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path;
}

std::string allowed(std::span<const Endpoint> endpoints, std::string_view path) {
  std::string methods;
  for (const Endpoint& endpoint : endpoints) {
    if (!matches(endpoint.pattern, path)) continue;
    methods += (methods.empty() ? "" : ", ") + endpoint.method;
    if (endpoint.method == "GET") methods += ", HEAD";
  }
  return methods;
}

HttpResponse served_by_nobody(std::span<const Endpoint> endpoints, std::string_view path) {
  const std::string methods = allowed(endpoints, path);
  if (methods.empty()) {
    return error_response(404, {"not_found", "there is nothing at this path",
                                "check the path; agents answer at /agents/NAME"});
  }
  HttpResponse response = error_response(
      405, {"method_not_allowed", "this path does not know that method", "it knows " + methods});
  response.headers.emplace_back("Allow", methods);
  return response;
}

// The bytes of one head to read; what httplib writes has no way out. The two releases ask for
// different virtual functions: those that one of them does not know cannot be marked as overriding.
// NOLINTBEGIN(modernize-use-override)
class Memory : public httplib::Stream {
 public:
  explicit Memory(std::string_view head) : head_(head) {}

  virtual bool is_readable() const { return true; }
  virtual bool is_writable() const { return true; }
  virtual bool wait_readable() const { return true; }
  virtual bool wait_writable() const { return true; }
  virtual ssize_t read(char* to, std::size_t size) {
    size = std::min(size, head_.size());
    std::memcpy(to, head_.data(), size);
    head_.remove_prefix(size);
    return static_cast<ssize_t>(size);
  }
  virtual ssize_t write(const char* /*from*/, std::size_t size) {
    return static_cast<ssize_t>(size);
  }
  virtual void get_remote_ip_and_port(std::string& /*ip*/, int& /*port*/) const {}
  virtual void get_local_ip_and_port(std::string& /*ip*/, int& /*port*/) const {}
  virtual socket_t socket() const { return INVALID_SOCKET; }
  virtual time_t duration() const { return 0; }
  virtual const char* buffered_data(std::size_t& size) const {
    size = head_.size();
    return head_.data();
  }
  virtual void consume_buffered(std::size_t size) { head_.remove_prefix(size); }

 private:
  std::string_view head_;
};
// NOLINTEND(modernize-use-override)

}  // namespace

class Engine::Front : private httplib::Server {
 public:
  explicit Front(std::span<const Endpoint> endpoints);
  void serve(Exchange&& exchange);

 private:
  using Setup = std::function<void(httplib::Request&)>;

  void add(const Endpoint& endpoint);
  void route(Memory& memory);
  void refuse();

  // 0.11.4
  bool call(bool (Server::*process)(httplib::Stream&, bool, bool&, const Setup&), Memory& memory) {
    return (this->*process)(memory, true, closed_, nullptr);
  }
  // Later ones take addresses too, and the latest something about WebSockets.
  template <class... Tail>
  bool call(bool (Server::*process)(httplib::Stream&, const std::string&, int, const std::string&,
                                    int, bool, bool&, const Setup&, Tail...),
            Memory& memory) {
    return (this->*process)(memory, {}, 0, {}, 0, true, closed_, nullptr, Tail{}...);
  }

  const std::span<const Endpoint> endpoints_;
  std::size_t longest_ = 0;      // of the patterns
  Exchange* current_ = nullptr;  // the one to be answered, until somebody took it
  bool failed_ = false;          // an endpoint threw
  bool closed_ = false;          // what httplib thinks of a connection; nobody asks
};

Engine::Front::Front(std::span<const Endpoint> endpoints) : endpoints_(endpoints) {
  for (const Endpoint& endpoint : endpoints) add(endpoint);
  set_error_handler(Handler([this](const httplib::Request&, httplib::Response&) { refuse(); }));
  // Without one, 0.11.4 would put the text of the exception into a header.
  set_exception_handler([this](const httplib::Request&, httplib::Response& response, auto&&...) {
    response.status = 500;
    failed_ = true;
  });
}

void Engine::Front::add(const Endpoint& endpoint) {
  longest_ = std::max(longest_, endpoint.pattern.size());
  const std::string regex = as_regex(endpoint.pattern);
  const Handler take = [this, &endpoint](const httplib::Request&, httplib::Response&) {
    if (current_ != nullptr) endpoint.handler(std::move(*std::exchange(current_, nullptr)));
  };
  if (endpoint.method == "GET") Get(regex, take);
  if (endpoint.method == "POST") Post(regex, take);
  if (endpoint.method == "PUT") Put(regex, take);
  if (endpoint.method == "PATCH") Patch(regex, take);
  if (endpoint.method == "DELETE") Delete(regex, take);
  if (endpoint.method == "OPTIONS") Options(regex, take);
}

void Engine::Front::serve(Exchange&& exchange) {
  const std::string& path = exchange.request.path;
  // A regular expression needs stack for every byte; beyond the longest pattern none makes a
  // difference. The body stays with us, so that httplib reads and unpacks nothing.
  const std::string head = exchange.request.method + ' ' +
                           as_target(std::string_view(path).substr(0, longest_ + 1)) +
                           " HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
  const std::shared_ptr<Stream> stream = exchange.stream;
  current_ = &exchange;
  Memory memory(head);
  route(memory);
  const bool untaken = std::exchange(current_, nullptr) != nullptr;
  if (std::exchange(failed_, false) || untaken) stream->abandon();
}

void Engine::Front::route(Memory& memory) {
  call(&Front::process_request, memory);
}

// httplib calls it for all that it would answer with an error. Also with 400, for a method that it
// does not know: all else in that head is good.
void Engine::Front::refuse() {
  if (current_ == nullptr) return;
  const Exchange& exchange = *std::exchange(current_, nullptr);
  exchange.stream->answer(served_by_nobody(endpoints_, exchange.request.path));
}

Engine::Engine(std::span<const Endpoint> endpoints)
    : endpoints_(endpoints), front_(std::make_unique<Front>(endpoints)) {}

Engine::~Engine() = default;

void Engine::serve(Exchange&& exchange) {
  std::string& path = exchange.request.path;
  path.resize(without_slash(path).size());
  const auto hot = std::find_if(endpoints_.begin(), endpoints_.end(), [&](const Endpoint& each) {
    return each.hot && each.method == exchange.request.method && matches(each.pattern, path);
  });
  if (hot == endpoints_.end()) return front_->serve(std::move(exchange));
  const std::shared_ptr<Stream> stream = exchange.stream;
  try {
    hot->handler(std::move(exchange));
  } catch (...) {
    stream->abandon();
  }
}

std::optional<HttpResponse> Engine::refusal(const HttpRequest& request, const Peer& peer) const {
  const std::string_view path = without_slash(request.path);
  for (const Endpoint& endpoint : endpoints_) {
    if (endpoint.method != request.method || !matches(endpoint.pattern, path)) continue;
    if (!endpoint.refusal) return std::nullopt;
    return endpoint.refusal({request, path, peer});
  }
  return served_by_nobody(endpoints_, path);
}

}  // namespace patchbay
