<?php

namespace think;

/** Only the rules of the form token: `require` and `token`. */
class Validate
{
    public static function make($rules = [], $message = [], $field = [])
    {
        return new self();
    }

    public function check($data, $rules = [], $scene = '')
    {
        foreach ($rules as $field => $rule) {
            foreach (explode('|', $rule) as $name) {
                if (!$this->passes($name, $field, $data)) {
                    return false;
                }
            }
        }
        return true;
    }

    private function passes($rule, $field, array $data)
    {
        $value = $data[$field] ?? null;
        if ($rule === 'require') {
            return $value !== null && $value !== '';
        }
        if ($rule === 'token') {
            $expected = Session::get($field);
            Session::delete($field);
            return $expected !== null && $expected === $value;
        }
        throw new Exception('validate rule not supported here: ' . $rule);
    }
}
