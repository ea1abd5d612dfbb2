// app/securing_gate.h
//
// Opens the routes that the steps of securing an account share with ordinary pages to a restricted
// session, each in its step, some in those after it too. All other routes stay closed to it
// (http/request_rules.h).
#pragma once

#include "features/securing/securing_service.h"
#include "http/route.h"
#include "storage/database.h"

namespace keystead::app {

class SecuringGate final : public http::Router {
public:
    SecuringGate(http::Router& inner, Database& database, securing::SecuringService& securing)
        : inner_(inner), database_(database), securing_(securing)
    {
    }
    void add(http::Route route) override;

private:
    http::Router& inner_;
    Database& database_;
    securing::SecuringService& securing_;
};

} // namespace keystead::app
