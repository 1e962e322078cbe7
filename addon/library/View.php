<?php

declare(strict_types=1);

namespace addons\chathub\library;

/**
 * Renders view/*.php. A view is plain PHP that runs inside this object: what it prints goes through
 * e(), or through a method below that escapes by itself.
 */
final class View
{
    private const DIRECTORY = __DIR__ . '/../view/';

    /**
     * A whole page: the view inside the layout.
     *
     * @param array<string,mixed> $data
     */
    public function page(string $view, array $data = []): string
    {
        $data += [
            'page' => $view,
            'signedIn' => Session::userId() !== 0,
            'siteName' => Site::name(),
            'support' => Site::supportEmail(),
            'referrer' => 'same-origin',
        ];

        return $this->partial('layout', ['content' => $this->partial($view, $data)] + $data);
    }

    /** @param array<string,mixed> $data */
    public function partial(string $view, array $data = []): string
    {
        $render = function (string $__file, array $__data): string {
            extract($__data, EXTR_SKIP);
            ob_start();
            try {
                require $__file;

                return (string) ob_get_contents();
            } finally {
                ob_end_clean();
            }
        };

        return $render(self::DIRECTORY . $view . '.php', $data);
    }

    /** Escapes for HTML text and for quoted attributes; bytes that are not UTF-8 become U+FFFD. */
    private function e(string|int|null $value): string
    {
        return htmlspecialchars((string) $value, ENT_QUOTES | ENT_SUBSTITUTE | ENT_DISALLOWED | ENT_HTML5, 'UTF-8');
    }

    /**
     * A translated text, escaped.
     *
     * @param array<string,string|int> $values
     */
    private function t(string $key, array $values = []): string
    {
        return $this->e(Messages::get($key, $values));
    }

    /**
     * The same, not escaped: for what another view or a placeholder escapes.
     *
     * @param array<string,string|int> $values
     */
    private function text(string $key, array $values = []): string
    {
        return Messages::get($key, $values);
    }

    private function language(): string
    {
        return Messages::htmlLanguage();
    }

    private function languageSwitch(): bool
    {
        return Site::languageSwitch();
    }

    /**
     * The links of the header.
     *
     * @return list<array{action:string,text:string,class:string,current:bool}>
     */
    private function navigation(string $page, bool $signedIn): array
    {
        $links = $signedIn
            ? [['my', 'my', 'my', ''], ['logout', 'logout', '', '']]
            : [['login', 'login', 'login', ''], ['registerPage', 'register', 'register', 'nav-button']];

        return array_map(static fn (array $link): array => [
            'action' => $link[0],
            'text' => $link[1],
            'current' => $link[2] === $page,
            'class' => $link[3],
        ], $links);
    }

    /** @param array<string,string|int> $query */
    private function url(string $action, array $query = []): string
    {
        return $this->e(Site::url($action, $query));
    }

    private function asset(string $file): string
    {
        return $this->e(Site::asset($file));
    }

    private function csrf(): string
    {
        return '<input type="hidden" name="__token__" value="' . $this->e(Session::csrfToken()) . '">';
    }

    /** "50.00" as ¥50, "50.50" as ¥50.50. */
    private function money(string $yuan): string
    {
        return $this->e($this->yuan($yuan));
    }

    /** The same, not escaped: for a placeholder of t(). */
    private function yuan(string $yuan): string
    {
        return '¥' . (str_ends_with($yuan, '.00') ? substr($yuan, 0, -3) : $yuan);
    }

    /** "2026-01-31 08:30:00", or Unix seconds, as the reader's language writes a day. */
    private function date(string|int|null $at): string
    {
        return $this->e($this->day($at));
    }

    /** The same, not escaped. */
    private function day(string|int|null $at): string
    {
        if (preg_match('/^(\d{4})-(\d\d)-(\d\d)/', $this->sqlTime($at), $part) !== 1) {
            return '—';
        }

        return Messages::get('date.format', [
            'year' => $part[1],
            'month' => Messages::get('date.month.' . (int) $part[2]),
            'day' => (int) $part[3],
        ]);
    }

    /** For columns: the same width in every language. */
    private function dateTime(string|int|null $at): string
    {
        return $this->e($at === null ? '—' : substr($this->sqlTime($at), 0, 16));
    }

    private function sqlTime(string|int|null $at): string
    {
        return is_int($at) ? date('Y-m-d H:i:s', $at) : (string) $at;
    }

    /** A status in words; the colour only repeats them. */
    private function badge(string $kind, string $status): string
    {
        $key = $kind . '.status.' . $status;

        return '<span class="badge badge-' . $this->e($status) . '">'
            . (Messages::has($key) ? $this->t($key) : $this->e($status)) . '</span>';
    }

    /** A shop platform as it stands in a sentence, not escaped. */
    private function platform(string $channel): string
    {
        return ChannelCard::named($channel);
    }

    private function planName(string $plan, string $otherwise = ''): string
    {
        return $this->e($this->planText($plan, $otherwise));
    }

    /** The same, not escaped. */
    private function planText(string $plan, string $otherwise = ''): string
    {
        return Messages::has('plan.' . $plan) ? Messages::get('plan.' . $plan) : ($otherwise ?: $plan);
    }

    /**
     * One labelled input with its hint and its error.
     *
     * @param array<string,string> $errors by field
     * @param array<string,string> $values by field
     * @param array<string,string|bool> $attributes of the input
     */
    private function field(string $name, array $errors, array $values, array $attributes = []): string
    {
        return $this->partial('_field', [
            'name' => $name,
            'error' => $errors[$name] ?? '',
            // Nobody reads a megabyte back in a form.
            'value' => mb_strcut($values[$name] ?? '', 0, 2000, 'UTF-8'),
            'focus' => array_key_first($errors) === $name,
            'attributes' => $attributes,
        ]);
    }

    /** @param array<string,string|bool> $attributes */
    private function attributes(array $attributes): string
    {
        $html = '';
        foreach ($attributes as $name => $value) {
            if ($value !== false) {
                $html .= ' ' . $this->e($name) . ($value === true ? '' : '="' . $this->e($value) . '"');
            }
        }

        return $html;
    }
}
