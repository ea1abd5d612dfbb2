import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

// Under the pages' policy (nonces and Trusted Types without a `default` policy) each of these breaks the page at run
// time, and only in the place that uses it. So they are refused here.
const responsive =
    "JSXAttribute[name.name=/^(m|my|mx|mt|mb|ml|mr|ms|me|p|py|px|pt|pb|pl|pr|w|h|maw|mah|miw|mih|fz|fw|c|bg|ta|gap|cols|spacing|display|visibleFrom|hiddenFrom)$/]";
const policy = [
    {
        selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
        message: "Trusted Types refuse it: show text, or an <img> with a data: address.",
    },
    {
        selector: `${responsive} > JSXExpressionContainer > ObjectExpression`,
        message: "A responsive style prop injects a <style> element: write a CSS module.",
    },
    {
        selector: "JSXAttribute[name.name=/^(visibleFrom|hiddenFrom)$/]",
        message: "The global classes are off: write a CSS module.",
    },
    {
        selector: "MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML|srcdoc)$/]",
        message: "Trusted Types refuse markup from strings.",
    },
    {
        selector:
            "ImportDeclaration[source.value='@mantine/core'] > ImportSpecifier[imported.name=/^(AppShell|Grid|SimpleGrid|Modal|Drawer|Flex|Typography)$/]",
        message: "It injects a <style> element: use a CSS module, and Dialog for a modal.",
    },
];

export default tseslint.config(
    { ignores: ["dist", "node_modules", "src/api/schema.ts"] },
    js.configs.recommended,
    {
        files: ["src/**/*.{ts,tsx}"],
        extends: [...tseslint.configs.recommendedTypeChecked, a11y.flatConfigs.strict],
        plugins: { "react-hooks": hooks },
        languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
        rules: {
            ...hooks.configs.recommended.rules,
            "no-restricted-syntax": ["error", ...policy],
            "no-restricted-globals": ["error", "localStorage", "sessionStorage"],
            "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
            "@typescript-eslint/only-throw-error": "off",
        },
    },
    {
        files: ["scripts/**/*.mjs", "test/**/*.mjs", "*.js"],
        languageOptions: {
            globals: {
                process: "readonly",
                console: "readonly",
                Buffer: "readonly",
                URL: "readonly",
                URLSearchParams: "readonly",
                setTimeout: "readonly",
                fetch: "readonly",
                document: "readonly",
                window: "readonly",
                location: "readonly",
            },
        },
    },
    { files: ["vite.config.ts"], extends: [...tseslint.configs.recommended] },
);
