<?php

declare(strict_types=1);

/** HTTP with a cookie jar, just enough to look at what a site sends. */
final class Client
{
    private \CurlHandle $curl;

    public function __construct(private string $baseUrl)
    {
        $this->curl = curl_init();
        curl_setopt($this->curl, CURLOPT_COOKIEFILE, '');
    }

    /**
     * @param array<string,mixed> $options curl options
     * @return array{status:int,headers:string,body:string,json:mixed}
     */
    public function get(string $path, array $headers = [], array $options = []): array
    {
        curl_setopt_array($this->curl, [
            CURLOPT_URL => $this->baseUrl . $path,
            CURLOPT_RETURNTRANSFER => true,
            CURLOPT_HEADER => true,
            CURLOPT_HTTPHEADER => $headers,
            CURLOPT_HTTPGET => true,
            CURLOPT_PROXY => '',
            CURLOPT_TIMEOUT => 60,
        ]);
        curl_setopt_array($this->curl, $options);
        $answer = curl_exec($this->curl);
        if (!is_string($answer)) {
            throw new \RuntimeException(curl_error($this->curl));
        }
        $split = curl_getinfo($this->curl, CURLINFO_HEADER_SIZE);
        $body = substr($answer, $split);
        return [
            'status' => curl_getinfo($this->curl, CURLINFO_RESPONSE_CODE),
            'headers' => substr($answer, 0, $split),
            'body' => $body,
            'json' => json_decode($body, true),
        ];
    }

    public function post(string $path, string|array $body, array $headers = []): array
    {
        $body = is_array($body) ? http_build_query($body) : $body;
        return $this->get($path, $headers, [CURLOPT_POST => true, CURLOPT_POSTFIELDS => $body]);
    }

    public function sessionId(): ?string
    {
        foreach (curl_getinfo($this->curl, CURLINFO_COOKIELIST) as $line) {
            $fields = explode("\t", $line);
            if ($fields[5] === 'PHPSESSID') {
                return $fields[6];
            }
        }
        return null;
    }
}
