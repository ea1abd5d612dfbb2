/**
 * What the pages load, by key. Nothing here is shown before the server has confirmed it.
 */
import { QueryClient, useQuery } from "@tanstack/react-query";
import * as api from "../api/api";
import { Problem, unreachable } from "../api/problem";
import type { Host } from "../api/types";

export const queryClient = new QueryClient({
    defaultOptions: {
        queries: {
            networkMode: "always",
            staleTime: 10_000,
            retry: (failures, error) =>
                error instanceof Problem && error.code === unreachable && failures < 2,
        },
        mutations: { networkMode: "always", retry: false },
    },
});

export const keys = {
    methods: ["methods"],
    account: ["account"],
    checkUp: ["check-up"],
    securing: ["securing"],
    authenticators: ["authenticators"],
    backupCodes: ["backup-codes"],
    sessions: ["sessions"],
    activity: ["activity"],
    notices: ["notices"],
    keys: ["keys"],
    keyOptions: ["key-options"],
    sshKeys: ["ssh-keys"],
    sshKeyOptions: ["ssh-key-options"],
    sshKeyUses: ["ssh-key-uses"],
    sshKeyServers: ["ssh-key-servers"],
    endedSshKeys: ["ended-ssh-keys"],
    hosts: ["hosts"],
    hostLogins: ["host-logins"],
    auditKeys: ["audit-keys"],
    webhooks: ["webhooks"],
    deliveries: ["deliveries"],
    accounts: ["accounts"],
    eventTypes: ["event-types"],
    audit: ["audit"],
    settings: ["settings"],
} as const;

export const useSignInMethods = () =>
    useQuery({ queryKey: keys.methods, queryFn: api.loadSignInMethods, staleTime: 300_000 });

export const useAccount = () => useQuery({ queryKey: keys.account, queryFn: api.loadAccount });

/** Always asked anew: what was mended on another page must not be shown as lacking, not even for a moment. */
export const useCheckUp = () =>
    useQuery({ queryKey: keys.checkUp, queryFn: api.loadCheckUp, staleTime: 0, gcTime: 0 });

/** Asked anew only when a step says that it is done: what shows a secret must not vanish under its reader. */
export const useSecuring = () =>
    useQuery({
        queryKey: keys.securing,
        queryFn: api.loadSecuring,
        staleTime: Infinity,
        gcTime: 0,
        refetchOnWindowFocus: false,
    });

export const useNotices = () => useQuery({ queryKey: keys.notices, queryFn: api.listNotices });

export const useSessions = () => useQuery({ queryKey: keys.sessions, queryFn: api.listSessions });

export const useKeys = () => useQuery({ queryKey: keys.keys, queryFn: api.listKeys });

export const useKeyOptions = () =>
    useQuery({ queryKey: keys.keyOptions, queryFn: api.loadKeyOptions, staleTime: 300_000 });

export const useKeyUsage = (id: string) =>
    useQuery({ queryKey: [...keys.keys, id, "usage"], queryFn: () => api.loadKeyUsage(id) });

export const useSshKeys = () => useQuery({ queryKey: keys.sshKeys, queryFn: api.listSshKeys });

export const useSshKeyOptions = () =>
    useQuery({ queryKey: keys.sshKeyOptions, queryFn: api.loadSshKeyOptions, staleTime: 300_000 });

export interface EndedSshKey {
    id: string;
    name: string;
}

/** The keys that ended while these pages were open: the list has them no more, servers may still have to hear of it. */
export const useEndedSshKeys = () =>
    useQuery({
        queryKey: keys.endedSshKeys,
        queryFn: (): EndedSshKey[] => [],
        initialData: [] as EndedSshKey[],
        staleTime: Infinity,
        gcTime: Infinity,
    }).data;

export function rememberEndedSshKey({ id, name }: EndedSshKey): void {
    queryClient.setQueryData<EndedSshKey[]>(keys.endedSshKeys, (before = []) => [
        { id, name },
        ...before.filter((one) => one.id !== id),
    ]);
}

/** Which servers have confirmed that a key has ended. Asked again every two seconds until all have. */
export const useSshKeyServers = (id: string) =>
    useQuery({
        queryKey: [...keys.sshKeyServers, id],
        queryFn: () => api.loadSshKeyServers(id),
        staleTime: 0,
        refetchInterval: ({ state: { data } }) =>
            data === undefined ? false : data.applied < data.total ? 2_000 : 15_000,
    });

/** The account's personal team, to which its servers belong. */
export const useTeam = () => useAccount().data?.personal_team ?? "";

const settling = (hosts: Host[]) =>
    hosts.some(({ state, removals_pending }) => state === "waiting" || removals_pending > 0);

// Whether a server is there changes without anyone touching these pages.
const hostsInterval = (hosts: Host[] | undefined) => (hosts && settling(hosts) ? 2_000 : 15_000);

export function useHosts() {
    const team = useTeam();
    return useQuery({
        queryKey: keys.hosts,
        queryFn: () => api.listHosts(team),
        enabled: team !== "",
        refetchInterval: ({ state }) => hostsInterval(state.data),
    });
}

export function useHost(id: string) {
    const team = useTeam();
    return useQuery({
        queryKey: [...keys.hosts, id],
        queryFn: () => api.loadHost(team, id),
        enabled: team !== "",
        refetchInterval: ({ state }) => hostsInterval(state.data && [state.data]),
    });
}

export const useAuthenticators = () =>
    useQuery({ queryKey: keys.authenticators, queryFn: api.listAuthenticators });

export const useBackupCodes = () => useQuery({ queryKey: keys.backupCodes, queryFn: api.loadBackupCodes });

export const useWebhooks = () => useQuery({ queryKey: keys.webhooks, queryFn: api.listWebhooks });

export const useWebhookEventTypes = () =>
    useQuery({ queryKey: keys.eventTypes, queryFn: api.listWebhookEventTypes, staleTime: 300_000 });

/** Asked again every few seconds while one of them is on its way. */
export const useDeliveries = (endpoint: string) =>
    useQuery({
        queryKey: [...keys.deliveries, endpoint],
        queryFn: () => api.listWebhookDeliveries(endpoint),
        staleTime: 0,
        refetchInterval: ({ state }) =>
            state.data?.items.some((item) => item.state === "waiting") ? 2_000 : false,
    });

/** Loads again what a change may have touched. */
export async function reload(...changed: (keyof typeof keys)[]): Promise<void> {
    await Promise.all(changed.map((key) => queryClient.invalidateQueries({ queryKey: keys[key] })));
}
