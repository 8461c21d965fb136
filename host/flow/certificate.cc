// SPDX-License-Identifier: MIT
#include "flow/certificate.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <string>
#include <utility>

#include "ground/clock.h"

namespace patchbay {
namespace {

std::string date_of(UnixSeconds time) {
  return fmt::format("{:%FT%TZ}", time);
}

}  // namespace

Result<Certificate::Pair> Certificate::read(const TlsFiles& files) {
  Result<std::shared_ptr<const TlsContext>> context =
      TlsContext::load(files.certificate, files.key);
  if (!context) return std::move(context).error();
  return Pair{files, *std::move(context)};
}

Certificate::Certificate(Pair pair, Metrics& metrics, Log& log)
    : files_(std::move(pair.files)),
      identity_(std::make_shared<TlsIdentity>(std::move(pair.context))),
      metrics_(metrics),
      log_(log) {
  tell_expiry();
}

Problem Certificate::look_again() {
  Result<Pair> fresh = read(files_);
  if (!fresh) {
    log_.error("certificate refused", {{"file", files_.certificate},
                                       {"code", fresh.error().code},
                                       {"why", fresh.error().text()},
                                       {"next", "the last good one stays in force"}});
    metrics_.count("patchbay_tls_certificate_refusals_total", "", 1);
    return std::move(fresh).error();
  }
  take(*std::move(fresh));
  return std::nullopt;
}

void Certificate::take(Pair pair) {
  files_ = std::move(pair.files);
  if (pair.context->is_same_as(*identity_->current())) return;
  identity_->become(std::move(pair.context));
  const auto now = identity_->current();
  log_.info("certificate taken", {{"file", files_.certificate},
                                  {"subject", now->subject()},
                                  {"expires", date_of(now->expires())}});
  tell_expiry();
}

void Certificate::tell_expiry() {
  const auto now = identity_->current();
  metrics_.set("patchbay_tls_certificate_expires_timestamp_seconds", "",
               now->expires().time_since_epoch().count());
  if (now->expires() > unix_now()) return;
  log_.warn("the certificate has expired",
            {{"file", files_.certificate},
             {"since", date_of(now->expires())},
             {"next", "callers will refuse it: put a new one there"}});
}

}  // namespace patchbay
