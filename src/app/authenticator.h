// app/authenticator.h
//
// Joins what the slices know of credentials into the one interface by which http/ asks: sessions,
// flows, service clients.
#pragma once

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
                         service_client::ServiceClientService& clients)
        : database_(database), sessions_(sessions), flows_(flows), clients_(clients)
    {
    }
    std::optional<http::Principal> find_cached(const http::Credentials& credentials) override;
    Result<http::Principal> load(const http::Credentials& credentials) override;
    bool csrf_matches(const http::Credentials& credentials, std::string_view token) override;

private:
    Database& database_;
    session::SessionService& sessions_;
    sign_in_flow::SignInFlowService& flows_;
    service_client::ServiceClientService& clients_;
};

} // namespace keystead::app
