import { useEffect, useRef, useState } from "react";
import type { RefObject } from "react";
import { t } from "../text/en";

/** What the browser's own check refused in a field when its form was sent, in our words; and a way to forget it. */
export function useRefusal(): [string | null, () => void, RefObject<HTMLInputElement | null>] {
    const input = useRef<HTMLInputElement>(null);
    const [refusal, setRefusal] = useState<string | null>(null);
    useEffect(() => {
        const element = input.current;
        const refused = () => {
            setRefusal(element?.validity.typeMismatch ? t.common.emailShape : t.common.required);
        };
        element?.addEventListener("refused", refused);
        return () => {
            element?.removeEventListener("refused", refused);
        };
    }, []);
    const forget = () => {
        setRefusal(null);
    };
    return [refusal, forget, input];
}
