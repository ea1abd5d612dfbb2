#include "app/dev_mail.h"

#include "core/encoding.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>

namespace keystead::app {
namespace {

constexpr std::size_t kMailBytesMax = 1 << 20;
constexpr std::size_t kListedMax = 200;
using Headers = std::map<std::string, std::string>;

std::string escaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        switch (c) {
        case '&': out += "&amp;"; break;
        case '<': out += "&lt;"; break;
        case '>': out += "&gt;"; break;
        case '"': out += "&quot;"; break;
        default: out.push_back(c);
        }
    }
    return out;
}

std::string lower(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    });
    return out;
}

std::string without_carriage_returns(std::string_view text)
{
    std::string out(text);
    std::erase(out, '\r');
    return out;
}

/// Header fields up to the empty line, folded ones joined; `text` is left with the body.
Headers take_headers(std::string_view& text)
{
    Headers headers;
    std::string name;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (line.empty()) {
            break;
        }
        const std::size_t colon = line.find(':');
        if ((line.front() == ' ' || line.front() == '\t') && !name.empty()) {
            headers[name] +=
                " " +
                std::string(line.substr(std::min(line.find_first_not_of(" \t"), line.size())));
        } else if (colon != std::string_view::npos) {
            name = lower(line.substr(0, colon));
            const std::string_view value = line.substr(colon + 1);
            headers[name] = value.substr(std::min(value.find_first_not_of(' '), value.size()));
        }
    }
    return headers;
}

/// RFC 2045 §6.7. `underscore_is_space` for header words (RFC 2047 §4.2).
enum class Underscore : std::uint8_t { Plain, Space };
std::string decode_quoted_printable(std::string_view text, Underscore underscore)
{
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '=' && i + 1 < text.size() && text[i + 1] == '\n') {
            ++i; // soft line break
        } else if (const auto byte =
                       text[i] == '=' ? hex_decode(lower(text.substr(i + 1, 2))) : std::nullopt;
                   byte && byte->size() == 1) {
            out.push_back(static_cast<char>(byte->front()));
            i += 2;
        } else {
            out.push_back(text[i] == '_' && underscore == Underscore::Space ? ' ' : text[i]);
        }
    }
    return out;
}

std::string decode_base64_text(std::string_view text)
{
    std::string joined(text);
    std::erase_if(joined, [](char c) { return c == '\n' || c == ' '; });
    const auto bytes = base64_decode(joined);
    return bytes ? std::string(as_text(*bytes)) : std::string();
}

/// "=?UTF-8?B?…?=" and "=?UTF-8?Q?…?=" words (RFC 2047); blanks between two of them do not count.
std::string decode_header(std::string_view text)
{
    std::string out;
    while (!text.empty()) {
        const std::size_t begin = text.find("=?");
        const std::size_t kind =
            begin == std::string_view::npos ? begin : text.find('?', begin + 2);
        const std::size_t end = kind == std::string_view::npos ? kind : text.find("?=", kind + 3);
        if (end == std::string_view::npos) {
            return out += text;
        }
        const std::string_view between = text.substr(0, begin);
        if (out.empty() || between.find_first_not_of(' ') != std::string_view::npos) {
            out += between;
        }
        const std::string_view word = text.substr(kind + 3, end - kind - 3);
        const bool is_base64 = text[kind + 1] == 'B' || text[kind + 1] == 'b';
        out +=
            is_base64 ? decode_base64_text(word) : decode_quoted_printable(word, Underscore::Space);
        text.remove_prefix(end + 2);
    }
    return out;
}

std::string decode_body(const Headers& headers, std::string_view body)
{
    const auto found = headers.find("content-transfer-encoding");
    const std::string encoding = found == headers.end() ? "" : lower(found->second);
    if (encoding == "quoted-printable") {
        return decode_quoted_printable(body, Underscore::Plain);
    }
    return encoding == "base64" ? decode_base64_text(body) : std::string(body);
}

std::optional<std::string> boundary_of(const Headers& headers)
{
    const auto found = headers.find("content-type");
    if (found == headers.end() || !lower(found->second).starts_with("multipart/")) {
        return std::nullopt;
    }
    const std::size_t at = lower(found->second).find("boundary=");
    if (at == std::string::npos) {
        return std::nullopt;
    }
    std::string boundary = found->second.substr(at + 9);
    boundary = boundary.substr(0, boundary.find(';'));
    std::erase(boundary, '"');
    return boundary;
}

/// The first text/plain part, or the whole body when there are no parts.
std::string plain_text(const Headers& headers, std::string_view body)
{
    const auto boundary = boundary_of(headers);
    if (!boundary) {
        return decode_body(headers, body);
    }
    const std::string mark = "--" + *boundary;
    for (std::size_t at = body.find(mark); at != std::string_view::npos;) {
        const std::size_t begin = std::min(body.find('\n', at), body.size() - 1) + 1;
        const std::size_t end = body.find(mark, begin);
        std::string_view part =
            body.substr(begin, end == std::string_view::npos ? end : end - begin);
        const Headers part_headers = take_headers(part);
        const auto type = part_headers.find("content-type");
        if (type != part_headers.end() && lower(type->second).starts_with("text/plain")) {
            return decode_body(part_headers, part);
        }
        at = end;
    }
    return {};
}

std::optional<DevMail> read_mail(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    std::string text(kMailBytesMax, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.gcount() <= 0) {
        return std::nullopt;
    }
    text.resize(static_cast<std::size_t>(file.gcount()));
    DevMail mail = parse_mail(text);
    mail.id = path.stem().string();
    return mail;
}

/// Newest first: our sender's file names begin with the time.
std::vector<DevMail> list_mails(const std::string& folder)
{
    std::vector<std::filesystem::path> paths;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        if (entry.path().extension() == ".eml") {
            paths.push_back(entry.path());
        }
    }
    std::ranges::sort(paths, std::ranges::greater{});
    std::vector<DevMail> mails;
    for (const auto& path : paths) {
        if (mails.size() == kListedMax) {
            break;
        }
        if (auto mail = read_mail(path)) {
            mails.push_back(std::move(*mail));
        }
    }
    return mails;
}

bool is_mail_id(std::string_view id)
{
    const auto fits = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '-' || c == '_' || c == '.';
    };
    return !id.empty() && id.size() <= 200 && id.front() != '.' && std::ranges::all_of(id, fits);
}

http::Response html(std::string_view title, const std::string& body)
{
    http::Response response;
    response.status = 200;
    response.content_type = "text/html; charset=utf-8";
    response.body =
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width\"><title>" +
        escaped(title) + "</title></head><body><main>" + body + "</main></body></html>\n";
    return std::move(response).with_header("Cache-Control", "no-store");
}

Error not_found()
{
    return Error{ErrorKind::NotFound, "request/not-found", "There is nothing here."};
}

Result<http::Response> show_list(const std::string& folder)
{
    std::string body = "<h1>Mails</h1><p>This server has no mail server: what it would send is "
                       "kept here, for development only.</p><ul>";
    for (const auto& mail : list_mails(folder)) {
        body += "<li><a href=\"mail/" + escaped(mail.id) + "\">" + escaped(mail.subject) +
                "</a> to " + escaped(mail.to) + ", " + escaped(mail.date) + "</li>";
    }
    return html("Mails", body + "</ul>");
}

Result<http::Response> show_one(const std::string& folder, const std::string& base_url,
                                std::string_view id)
{
    const auto mail = is_mail_id(id)
                          ? read_mail(std::filesystem::path(folder) / (std::string(id) + ".eml"))
                          : std::nullopt;
    if (!mail) {
        return not_found();
    }
    return html(mail->subject, "<p><a href=\"../mail\">All mails</a></p><h1>" +
                                   escaped(mail->subject) + "</h1><p>To " + escaped(mail->to) +
                                   ", " + escaped(mail->date) + "</p><pre>" +
                                   mail_text_html(mail->text, base_url) + "</pre>");
}

http::Route page(std::string_view path, std::string_view operation, http::Handler handler)
{
    return {.method = http::Method::Get,
            .path = path,
            .operation = operation,
            .tag = "Development",
            .summary = "Mails that were written to files.",
            .lane = http::LaneKind::Slow,
            .access = http::Access::everyone(),
            .limit = http::LimitGroup::Read,
            .body_bytes_max = std::size_t{0},
            .timing = http::TimingKind::Immediate,
            .documented = false,
            .handler = [handler = std::move(handler)](
                           const http::Request& request) -> Result<http::Response> {
                return request.client_address.is_loopback() ? handler(request)
                                                            : Result<http::Response>(not_found());
            }};
}

} // namespace

DevMail parse_mail(std::string_view eml)
{
    const std::string unix_text = without_carriage_returns(eml);
    std::string_view rest = unix_text;
    const Headers headers = take_headers(rest);
    const auto header = [&headers](const std::string& name) {
        const auto found = headers.find(name);
        return found == headers.end() ? std::string() : decode_header(found->second);
    };
    return {{}, header("subject"), header("to"), header("date"), plain_text(headers, rest)};
}

std::string mail_text_html(std::string_view text, std::string_view base_url)
{
    std::string out;
    while (!text.empty()) {
        const std::size_t at = base_url.empty() ? std::string_view::npos : text.find(base_url);
        out += escaped(text.substr(0, at));
        if (at == std::string_view::npos) {
            break;
        }
        text.remove_prefix(at);
        const std::string url =
            escaped(text.substr(0, std::min(text.find_first_of(" \n\t<>\""), text.size())));
        out += "<a href=\"" + url + "\">" + url + "</a>";
        text.remove_prefix(std::min(text.find_first_of(" \n\t<>\""), text.size()));
    }
    return out;
}

void add_dev_mail_routes(http::Router& router, const std::string& mail_folder,
                         const std::string& base_url)
{
    router.add(page("/dev/mail", "listDevelopmentMails",
                    [mail_folder](const http::Request&) { return show_list(mail_folder); }));
    router.add(page("/dev/mail/{id}", "showDevelopmentMail",
                    [mail_folder, base_url](const http::Request& request) {
                        return show_one(mail_folder, base_url, request.path_parameter("id"));
                    }));
}

} // namespace keystead::app
