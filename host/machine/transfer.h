// SPDX-License-Identifier: MIT
// One HTTP exchange on its way, as libcurl sees it: what is asked, what comes, and how late it may
// be. All of it belongs to the one thread of Transfers, but for the making.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/url.h"
#include "ground/clock.h"
#include "ground/result.h"

namespace patchbay {

// How the host goes out, for all agents.
struct TransferSettings {
  std::string ca_file;  // PEM: a CA of one's own beside those of the system; empty: none
  std::string proxy;    // "environment", "off", or a URL
};

struct TransferOrder {
  Url url;
  std::string method;  // eg: "POST"
  std::vector<std::pair<std::string, std::string>> headers;
  // The same, that go to the origin of `url` alone: a redirect to another does not get them.
  std::vector<std::pair<std::string, std::string>> secret_headers;
  std::string body;
  Milliseconds connect{0}, first_byte{0}, idle{0}, whole{0};  // see vap_http_request_t
  std::size_t redirects = 0;                                  // so many may be followed
  // May a redirect go there? On the thread of the transfers, so it waits for nothing.
  std::function<Problem(const Url&)> may_go = {};
  bool link_local = false;  // the host is a link-local address, and is allowed as such
};

struct TransferHead {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
};

enum class TransferTimeout : std::uint8_t { none, connect, first_byte, idle, whole };

struct TransferEnd {
  enum class How : std::uint8_t { done, cut, late, failed } how = How::done;
  int status = 0;                                   // of HTTP; 0 where no answer had begun
  TransferTimeout timeout = TransferTimeout::none;  // which one, where it was late
  std::string why = {};                             // where it is not done, for a person
  std::uint64_t bytes = 0;                          // of the body
  Milliseconds first_byte{-1};                      // it took so long; -1: none came
  Milliseconds whole{0};
};

// Whoever waits for the answer. Called on the thread of the transfers: it may not block.
class TransferListener {
 public:
  virtual ~TransferListener() = default;
  virtual void head(TransferHead head) = 0;
  // False: not now, and the server waits. They are offered again after Transfers::go_on().
  virtual bool bytes(std::string_view piece) = 0;
  virtual void end(TransferEnd end) = 0;  // once, and last
};

class Transfer {
 public:
  Transfer(TransferOrder order, std::shared_ptr<TransferListener> listener, Moment begun);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // libcurl's handle, a CURL*, made ready for the multi handle.
  Result<void*> prepare(const TransferSettings& settings);
  [[nodiscard]] void* handle() const { return easy_; }

  // When to ask late() again; and which of its times is over, if any.
  [[nodiscard]] Moment next_look() const;
  [[nodiscard]] std::optional<TransferTimeout> late(Moment now) const;

  // The listener has room again. False: it was not told to wait.
  bool go_on(Moment now);

  // libcurl is done with the handle. True: it was a redirect, so prepare() it once more. Else the
  // listener has been told. `code` is a CURLcode.
  bool completed(int code, Moment now);
  void cut(Moment now);
  void give_up(TransferTimeout timeout, Moment now);
  void refuse(const Error& why, Moment now);

 private:
  static std::size_t on_header(char* line, std::size_t one, std::size_t length, void* self);
  static std::size_t on_body(char* bytes, std::size_t one, std::size_t length, void* self);
  static int on_connected(void* self, char*, char*, int, int);
  static int on_socket(void* self, int purpose, void* address);
  void set_request();
  void set_headers();
  void set_ways(const TransferSettings& settings);
  void take_header_line(std::string_view line);
  void end_head();
  std::size_t take_body(std::string_view piece);
  Problem follow();
  void leave_origin();
  [[nodiscard]] std::string why_failed(int code) const;
  void tell_end(TransferEnd end, Moment now);

  TransferOrder order_;
  const std::shared_ptr<TransferListener> listener_;
  const Moment begun_;
  Moment set_out_;                 // the same, or when it set out to where a redirect leads
  void* easy_ = nullptr;           // CURL*
  void* headers_ = nullptr;        // curl_slist*
  std::array<char, 256> error_{};  // libcurl's words

  TransferHead head_;
  std::size_t head_bytes_ = 0;
  std::string location_;
  std::size_t redirects_ = 0;
  bool head_over_ = false;
  bool redirecting_ = false;  // the body that comes is nobody's
  bool connected_ = false;
  bool waits_ = false;        // for go_on()
  bool no_such_way_ = false;  // a link-local address was refused
  std::optional<Moment> first_byte_;
  Moment last_byte_;
  std::uint64_t bytes_ = 0;
};

}  // namespace patchbay
