<?php
/** A field of a shop's credentials. What is stored is not in the page: an empty field keeps it. */
$id = $form . '-' . $field['name'];
$kept = $field['has_value'];
$describedBy = trim(($field['hint'] === '' ? '' : $id . '-hint ') . ($error === '' ? '' : $id . '-error'));
$shared = $this->attributes([
    'id' => $id,
    'name' => $field['name'],
    'aria-describedby' => $describedBy === '' ? false : $describedBy,
    'aria-invalid' => $error === '' ? false : 'true',
    'aria-required' => $field['required'] && !$kept ? 'true' : false,
    'autofocus' => $error !== '',
]);
?>
<div class="field<?= $error === '' ? '' : ' field-invalid' ?>">
    <label for="<?= $this->e($id) ?>"><?= $this->t($field['label']) ?><?php if ($kept) : ?> <span class="kept"><span class="icon icon-check" aria-hidden="true"></span><?= $this->t('channel.kept') ?></span><?php elseif (!$field['required'] && $field['options'] === []) : ?> <span class="muted"><?= $this->t('form.optional') ?></span><?php endif ?></label>
<?php if ($field['options'] !== []) : ?>
    <select<?= $shared ?>>
<?php if ($kept) : ?>
        <option value=""><?= $this->t('channel.keep') ?></option>
<?php endif ?>
<?php foreach ($field['options'] as $option) : ?>
        <option value="<?= $this->e($option) ?>"<?= $field['value'] === $option ? ' selected' : '' ?>><?= $this->t('channel.option.' . $option) ?></option>
<?php endforeach ?>
    </select>
<?php else : ?>
    <input type="<?= $field['secret'] ? 'password' : 'text' ?>" value="<?= $this->e($field['value']) ?>" autocomplete="<?= $field['secret'] ? 'new-password' : 'off' ?>" autocapitalize="none" spellcheck="false"<?= $shared ?>>
<?php endif ?>
<?php if ($field['hint'] !== '') : ?>
    <p class="hint" id="<?= $this->e($id) ?>-hint"><?= $this->t($field['hint']) ?></p>
<?php endif ?>
<?php if ($error !== '') : ?>
    <p class="error" id="<?= $this->e($id) ?>-error"><?= $this->e($error) ?></p>
<?php endif ?>
</div>
