<?php

/**
 * Describes the classes of namespace ChatHub, from the extension or from the stub, one fact per line.
 *
 *     php -n reflect.php STUB          reads the stub
 *     php -n -d extension=… reflect.php
 */

declare(strict_types=1);

if (isset($argv[1])) {
    require $argv[1];
}

/** A default as it would be written; constants of the stub that only the build knows are left open. */
function written(mixed $value): string
{
    return var_export($value, true);
}

function modifiers(ReflectionMethod|ReflectionProperty|ReflectionClassConstant $member): string
{
    return implode(' ', Reflection::getModifierNames($member->getModifiers()));
}

/** @param ReflectionAttribute[] $attributes */
function attributes(array $attributes): string
{
    return implode('', array_map(static fn ($attribute) => '#[\\' . $attribute->getName() . '] ', $attributes));
}

function parameter(ReflectionParameter $parameter): string
{
    $default = $parameter->isDefaultValueAvailable() ? ' = ' . written($parameter->getDefaultValue()) : '';

    return attributes($parameter->getAttributes())
        . ($parameter->getType() ?? 'no type') . ' '
        . ($parameter->isPassedByReference() ? '&' : '')
        . ($parameter->isVariadic() ? '...' : '')
        . '$' . $parameter->getName()
        . ($parameter->isOptional() ? ' (optional)' : '') . $default;
}

/** @return string[] */
function facts(ReflectionClass $class): array
{
    $own = static fn ($member) => $member->getDeclaringClass()->getName() === $class->getName();
    $name = $class->getName();
    $parent = $class->getParentClass() ? $class->getParentClass()->getName() : 'nothing';
    $interfaces = $class->getInterfaceNames();
    sort($interfaces);
    $facts = ["$name: " . ($class->isFinal() ? 'final ' : '') . ($class->isAbstract() ? 'abstract ' : '')
        . "class, extends $parent, implements " . (implode(', ', $interfaces) ?: 'nothing')];
    foreach (array_filter($class->getReflectionConstants(), $own) as $constant) {
        $facts[] = "$name::{$constant->getName()}: " . modifiers($constant) . ' ' . gettype($constant->getValue());
    }
    foreach (array_filter($class->getProperties(), $own) as $property) {
        $facts[] = "$name::\${$property->getName()}: " . modifiers($property) . ' '
            . ($property->getType() ?? 'no type') . ' = ' . written($property->getDefaultValue());
    }
    foreach (array_filter($class->getMethods(), $own) as $method) {
        $facts[] = "$name::{$method->getName()}(): " . modifiers($method)
            . ', returns ' . ($method->getReturnType() ?? 'no type');
        foreach ($method->getParameters() as $number => $parameter) {
            $facts[] = "$name::{$method->getName()}() #$number: " . parameter($parameter);
        }
    }

    return $facts;
}

$facts = [];
foreach (get_declared_classes() as $name) {
    if (str_starts_with($name, 'ChatHub\\')) {
        array_push($facts, ...facts(new ReflectionClass($name)));
    }
}
foreach (get_defined_functions() as $functions) {
    foreach (preg_grep('/^chathub/i', $functions) as $function) {
        $facts[] = "function $function";
    }
}
foreach (array_keys(get_defined_constants()) as $constant) {
    if (stripos($constant, 'chathub') === 0) {
        $facts[] = "constant $constant";
    }
}
sort($facts);
echo implode("\n", $facts), "\n";
