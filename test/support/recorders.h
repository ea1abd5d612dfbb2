// test/support/recorders.h
//
// An audit log and a notifier that only remember, for tests of slices whose subject is neither.
// What a transaction that did not commit has recorded is forgotten, as it would be. Any thread may
// use them.
#pragma once

#include "features/audit/audit_log.h"
#include "features/notify/notify_service.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace keystead::test {

struct RecordedEvent {
    std::string action;
    audit::Outcome outcome;
    std::optional<AccountId> account;
};

class RecordingAudit final : public audit::AuditLog {
public:
    Result<void> append(WriteTx& tx, const audit::Event& event) override
    {
        tx.audit_recorded();
        tx.after_commit([this, recorded = RecordedEvent{std::string(event.action), event.outcome,
                                                        event.account}] {
            const std::lock_guard lock(mutex_);
            events_.push_back(recorded);
        });
        return {};
    }
    int count(std::string_view action, audit::Outcome outcome = audit::Outcome::Ok) const
    {
        const std::lock_guard lock(mutex_);
        return static_cast<int>(std::ranges::count_if(events_, [&](const RecordedEvent& event) {
            return event.action == action && event.outcome == outcome;
        }));
    }

private:
    mutable std::mutex mutex_;
    std::vector<RecordedEvent> events_;
};

struct RecordedMail {
    notify::Purpose purpose;
    std::string to;
    std::string link_path;
    std::string token;
    std::vector<std::pair<std::string, std::string>> facts;
};

class RecordingNotifier final : public notify::Notifier {
public:
    Result<notify::Admission> admit(WriteTx&, const notify::LinkMail&) override
    {
        return admission;
    }
    notify::Admission admission = notify::Admission::Send;
    Result<void> enqueue(WriteTx& tx, const notify::Message& message) override
    {
        RecordedMail mail{.purpose = message.purpose,
                          .to = message.to,
                          .link_path = std::string(message.link_path)};
        if (message.link_token != nullptr) {
            mail.token = message.link_token->reveal_text();
        }
        for (const auto& [name, value] : message.facts) {
            mail.facts.emplace_back(name, value);
        }
        tx.after_commit([this, mail = std::move(mail)] {
            const std::lock_guard lock(mutex_);
            mails_.push_back(mail);
        });
        return {};
    }
    /// All mails since the last call.
    std::vector<RecordedMail> take()
    {
        const std::lock_guard lock(mutex_);
        return std::exchange(mails_, {});
    }

private:
    std::mutex mutex_;
    std::vector<RecordedMail> mails_;
};

} // namespace keystead::test
