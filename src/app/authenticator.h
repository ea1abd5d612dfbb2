// app/authenticator.h
//
// Joins what the slices know of credentials into the one interface by which http/ asks: sessions,
// flows, API tokens, service clients, servers.
#pragma once

#include "features/api_token/api_token_service.h"
#include "features/host/host_service.h"
#include "features/service_client/service_client_service.h"
#include "features/session/session_service.h"
#include "features/sign_in_flow/sign_in_flow_service.h"
#include "http/principal.h"
#include "storage/database.h"

namespace keystead::app {

class FeatureAuthenticator final : public http::Authenticator {
public:
    FeatureAuthenticator(Database& database, session::SessionService& sessions,
                         sign_in_flow::SignInFlowService& flows,
                         service_client::ServiceClientService& clients,
                         api_token::ApiTokenService& tokens, host::HostService& hosts,
                         const Clock& clock)
        : database_(database), sessions_(sessions), flows_(flows), clients_(clients),
          tokens_(tokens), hosts_(hosts), clock_(clock)
    {
    }
    std::optional<http::Principal> find_cached(const http::Credentials& credentials) override;
    Result<http::Principal> load(const http::Credentials& credentials) override;
    bool csrf_matches(const http::Credentials& credentials, std::string_view token) override;

private:
    std::optional<http::Principal> find_bearer(const http::Credentials& credentials);
    Result<http::Principal> load_bearer(const http::Credentials& credentials);
    api_token::CachedToken::Use use_of(const http::Credentials& credentials) const
    {
        return {clock_.now(), credentials.client_address, credentials.token_use};
    }

    /// A node that may have lost its database to another asks it, and answers 503 if it has.
    bool may_remember() const { return database_.may_answer_from_memory(); }

    Database& database_;
    session::SessionService& sessions_;
    sign_in_flow::SignInFlowService& flows_;
    service_client::ServiceClientService& clients_;
    api_token::ApiTokenService& tokens_;
    host::HostService& hosts_;
    const Clock& clock_;
};

} // namespace keystead::app
