import "@mantine/core/styles/baseline.css";
import "@mantine/core/styles/default-css-variables.css";
import "@mantine/core/styles/global.css";
import "@mantine/core/styles/UnstyledButton.css";
import "@mantine/core/styles/ActionIcon.css";
import "@mantine/core/styles/Loader.css";
import "@mantine/core/styles/Button.css";
import "@mantine/core/styles/Input.css";
import "@mantine/core/styles/PasswordInput.css";
import "./theme.css";

import { createTheme, MantineProvider } from "@mantine/core";
import type { MantineColorSchemeManager } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { createRoot } from "react-dom/client";
import { isProblem } from "./api/problem";
import { goToSignIn } from "./app/leave";
import { queryClient } from "./app/queries";
import { router } from "./app/router";
import { StepUpHost } from "./app/StepUpHost";

const theme = createTheme({
    primaryColor: "indigo",
    cursorType: "pointer",
    respectReducedMotion: true,
});

/** Light or dark is the system's choice alone: nothing is stored. */
const followSystem: MantineColorSchemeManager = {
    get: () => "auto",
    set: () => undefined,
    subscribe: () => undefined,
    unsubscribe: () => undefined,
    clear: () => undefined,
};

const ended = (error: Error) => {
    if (isProblem(error, "session/required")) {
        goToSignIn("come-back");
    }
};
queryClient.getQueryCache().config.onError = ended;
queryClient.getMutationCache().config.onError = ended;

const element = document.getElementById("root");
if (element) {
    createRoot(element).render(
        <MantineProvider
            theme={theme}
            defaultColorScheme="auto"
            colorSchemeManager={followSystem}
            withCssVariables={false}
            withGlobalClasses={false}
        >
            <QueryClientProvider client={queryClient}>
                <RouterProvider router={router} />
                <StepUpHost />
            </QueryClientProvider>
        </MantineProvider>,
    );
}
