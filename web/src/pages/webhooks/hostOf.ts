/** What a person calls a receiver by; its path and query may be long, or secrets of its own. */
export function hostOf(url: string): string {
    return URL.canParse(url) ? new URL(url).host : url;
}
